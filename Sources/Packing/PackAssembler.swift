import Primitives

/// The bookkeeping of a pack that is being written: where the next segment goes and what stands at the end. It holds no
/// data.
package struct PackAssembler: Sendable {
    private var entries = ByteWriter()
    private var segmentCount = 0
    private var chunkCount = 0
    private var rawLength: UInt64 = 0
    /// Where the next segment goes: the length of what stands in the pack so far.
    package private(set) var nextOffset = ObjectHeader.byteCount

    package init() {}

    package var isEmpty: Bool { segmentCount == 0 }
    /// The plain bytes of the segments taken in.
    package var rawByteCount: UInt64 { rawLength }
    /// The entries of the directory, as an index object holds them.
    package var directoryEntries: [UInt8] { entries.bytes }

    /// The size that the pack would have if it ended now, without padding.
    package var unpaddedSize: Int {
        nextOffset + 4 + entries.count + PackLimits.sealingOverhead + PackLimits.tailSize
    }

    /// Whether a segment still fits under the limit of the format.
    package func hasRoom(forSealedLength length: Int, chunks: Int, bases: Int) -> Bool {
        unpaddedSize + length + 20 + 36 * chunks + 32 * bases + PackLimits.padding < PackLimits.packSize
    }

    /// Takes in the segment that was written at ``nextOffset``.
    package mutating func append(_ segment: SegmentEntry) {
        segment.encode(to: &entries)
        segmentCount += 1
        chunkCount += segment.chunks.count
        rawLength += UInt64(segment.rawLength)
        nextOffset += Int(segment.sealedLength)
    }

    /// The length of ``directoryPlainBytes``.
    private var directoryLength: Int {
        let size = unpaddedSize
        let padded = (size + PackLimits.padding - 1) / PackLimits.padding * PackLimits.padding
        return 4 + entries.count + padded - size
    }

    /// The plain bytes of the directory, padded so that the pack's length becomes a multiple of 64 KiB.
    package var directoryPlainBytes: [UInt8] {
        let length = directoryLength
        var writer = ByteWriter(reservingCapacity: length)
        writer.appendInteger(UInt32(entries.count))
        writer.append(entries.bytes)
        writer.appendZeros(length - writer.count)
        return writer.bytes
    }

    /// The footer that goes with ``directoryPlainBytes``.
    package var footer: PackFooter {
        PackFooter(
            directoryOffset: nextOffset, directorySealedLength: directoryLength + PackLimits.sealingOverhead,
            segments: segmentCount, chunks: chunkCount, rawLength: rawLength)
    }
}
