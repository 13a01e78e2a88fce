import CZstd
import Primitives

/// Recognizes what will not compress before a slow level spends its time on it.
///
/// Up to level 4 zstd passes such input at 0.5 to 6 GB/s, which no look at the input beforehand improves upon. From
/// level 5 on it searches it at 20 to 300 MB/s, in vain. There level 1 is asked first: about four short samples, and
/// where none shrinks by an eighth, about all of it, because it may repeat itself over a distance. Measured on segments
/// of 1 MiB: on dumps, text and programs the first sample settles it within 30 µs, 0.3 % of level 5; on compressed or
/// encrypted input the whole probe runs at 1 to 5 GB/s.
final class CompressibilityProbe {
    /// The first level that is slow on what does not compress.
    static let firstSlowLevel: Int8 = 5
    private static let sampleCount = 4
    private static let sampleLength = 8 << 10

    private let context: OpaquePointer

    /// - Throws: `VarveError` of kind `local` for want of memory.
    init() throws(VarveError) {
        guard let context = ZSTD_createCCtx() else { throw Zstd.outOfMemory }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    /// - Parameter scratch: at least ``Compressor/room(forCompressing:)`` bytes, which are overwritten.
    func expectsGain(from source: UnsafeRawBufferPointer, scratch: UnsafeMutableRawBufferPointer) -> Bool {
        let sampled = CompressibilityProbe.sampleCount * CompressibilityProbe.sampleLength
        if source.count > 2 * sampled {
            let distance = (source.count - CompressibilityProbe.sampleLength) / (CompressibilityProbe.sampleCount - 1)
            for index in 0..<CompressibilityProbe.sampleCount {
                let start = index * distance
                let sample = source[start..<start + CompressibilityProbe.sampleLength]
                let wanted = sample.count - sample.count / 8
                if fits(UnsafeRawBufferPointer(rebasing: sample), into: scratch, room: wanted) { return true }
            }
        }
        return fits(source, into: scratch, room: Compressor.room(forCompressing: source.count))
    }

    private func fits(
        _ source: UnsafeRawBufferPointer, into scratch: UnsafeMutableRawBufferPointer, room: Int
    ) -> Bool {
        ZSTD_isError(ZSTD_compressCCtx(context, scratch.baseAddress, room, source.baseAddress, source.count, 1)) == 0
    }
}
