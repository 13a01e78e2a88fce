import Compressing
import Packing
import Primitives
import Sealing
import Threads

/// Turns the raw bytes of segments into stored ones; what one thread needs for it. One a thread.
final class SegmentCompressor {
    /// The stored bytes of a segment, and how they were made.
    struct Frame {
        let codec: SegmentCodec
        /// The level that was really used; 0 where nothing was compressed.
        let level: Int8
        /// The chunks whose bytes were the prefix.
        let bases: [ChunkID]
        let stored: UnsafeRawBufferPointer
        /// Where the sealed segment may go; `stored` may lie in it where it can be sealed in place.
        let room: UnsafeMutableRawBufferPointer
    }

    private let plain: Compressor
    private let delta: Compressor
    private var rooms = (plain: Buffer(capacity: 1), delta: Buffer(capacity: 1))
    /// The plain bytes of the bases.
    var prefix = Buffer(capacity: 1)

    /// The least level behind a prefix. Measured with zstd 1.5.4 on rows and pages with a prefix of 1 MiB: level 2 makes 0.7
    /// to 1.1 GB/s, level 3 two thirds of that for frames as long; they are 7 % shorter where half of the source is new.
    private static let leastDeltaLevel = CompressionLevel.default

    /// - Throws: kind `local` for want of memory.
    init(_ level: CompressionLevel) throws(VarveError) {
        plain = try Compressor(level: level)
        let isLow = (level.zstdLevel ?? 0) < SegmentCompressor.leastDeltaLevel.zstdLevel ?? 0
        delta = try Compressor(level: isLow ? SegmentCompressor.leastDeltaLevel : level)
    }

    /// Room for a sealed segment of at most `count` stored bytes.
    func room(_ count: Int) -> UnsafeMutableRawBufferPointer { SegmentCompressor.room(count, of: &rooms.plain) }

    private static func room(_ count: Int, of buffer: inout Buffer) -> UnsafeMutableRawBufferPointer {
        let count = count + ObjectSealer.overhead
        if buffer.capacity < count { buffer = Buffer(capacity: max(count, 2 << 20)) }
        return UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
    }

    /// Compresses a segment by itself; valid until the next one is.
    func compress(_ raw: UnsafeRawBufferPointer) throws(VarveError) -> Frame {
        let room = self.room(raw.count)
        let destination = UnsafeMutableRawBufferPointer(rebasing: room[SegmentCompressor.frameStart...])
        guard let count = try plain.compress(raw, into: destination) else {
            return Frame(codec: .stored, level: 0, bases: [], stored: raw, room: room)
        }
        return Frame(
            codec: .zstd, level: plain.level.zstdLevel ?? 0, bases: [],
            stored: UnsafeRawBufferPointer(rebasing: destination[..<count]), room: room)
    }

    /// Compresses a segment against the first `count` bytes of ``prefix``, which are those of `bases`.
    ///
    /// - Returns: `nil` where that saves nothing; valid until the next one is compressed against bases.
    func compress(
        _ raw: UnsafeRawBufferPointer, against bases: [ChunkID], count: Int
    ) throws(VarveError) -> Frame? {
        let room = SegmentCompressor.room(raw.count, of: &rooms.delta)
        let destination = UnsafeMutableRawBufferPointer(rebasing: room[SegmentCompressor.frameStart...])
        guard let length = try delta.compress(raw, into: destination, prefix: prefix.prefix(count)) else { return nil }
        return Frame(
            codec: .zstdWithPrefix, level: delta.level.zstdLevel ?? 0, bases: bases,
            stored: UnsafeRawBufferPointer(rebasing: destination[..<length]), room: room)
    }

    /// Where a frame is put so that it can be sealed in place.
    private static let frameStart = ObjectSealer.overhead - 16
}
