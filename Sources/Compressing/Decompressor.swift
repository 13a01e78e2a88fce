import CZstd
import Primitives

/// Reads zstd frames (`format-spec/pack.md`, codecs 1 and 2). One a thread.
package final class Decompressor {
    /// The largest window that a frame may declare: the limit of zstd itself, above what a segment and its prefix can
    /// need.
    package static let maximumWindow: UInt64 = 1 << 27

    private let context: OpaquePointer

    /// - Throws: `VarveError` of kind `local` for want of memory.
    package init() throws(VarveError) {
        guard let context = ZSTD_createDCtx() else { throw Zstd.outOfMemory }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Reads the one frame that `source` is.
    ///
    /// - Parameters:
    ///   - destination: exactly as many bytes as the content has.
    ///   - prefix: the same bytes as it was compressed with.
    ///   - object: names the segment for the error.
    /// - Throws: `VarveError` of kind `damaged` for any other length, several frames, and bytes that are no frame.
    package func decompress(
        _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer,
        prefix: UnsafeRawBufferPointer? = nil, object: String
    ) throws(VarveError) {
        try checkFrame(source, rawLength: destination.count, object: object)
        if let prefix {
            try check(ZSTD_DCtx_refPrefix(context, prefix.baseAddress, prefix.count), object: object)
        }
        // The content goes straight to its place, without a window of its own: no frame makes zstd take more memory.
        let length = try check(
            ZSTD_decompressDCtx(
                context, destination.baseAddress, destination.count, source.baseAddress, source.count), object: object)
        guard length == destination.count else {
            throw .damaged(object, "it decompresses to \(length) bytes instead of \(destination.count)")
        }
    }

    private func checkFrame(_ source: UnsafeRawBufferPointer, rawLength: Int, object: String) throws(VarveError) {
        var frame = ZSTD_frameHeader()
        guard ZSTD_getFrameHeader(&frame, source.baseAddress, source.count) == 0, frame.frameType == ZSTD_frame else {
            throw .damaged(object, "it is no zstd frame")
        }
        guard frame.frameContentSize == UInt64.max || frame.frameContentSize == UInt64(rawLength) else {
            throw .damaged(object, "it decompresses to \(frame.frameContentSize) bytes instead of \(rawLength)")
        }
        guard frame.windowSize <= Decompressor.maximumWindow, frame.dictID == 0 else {
            throw .damaged(object, "its zstd frame needs what no frame here may need")
        }
        guard try check(ZSTD_findFrameCompressedSize(source.baseAddress, source.count), object: object) == source.count
        else { throw .damaged(object, "something follows its zstd frame") }
    }

    @discardableResult
    private func check(_ result: Int, object: String) throws(VarveError) -> Int {
        guard ZSTD_isError(result) == 0 else {
            throw .damaged(object, "it does not decompress: \(Zstd.errorText(result))")
        }
        return result
    }
}
