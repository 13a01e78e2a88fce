import CZstd
import Primitives

/// Makes zstd frames (`format-spec/pack.md`, codecs 1 and 2). One a thread.
///
/// What it writes follows from the level, the version of zstd, the source and the prefix alone: the nonces of sealing
/// rely on it.
package final class Compressor {
    /// The most bytes a prefix may have.
    package static let maximumPrefix = 1 << 22

    package let level: CompressionLevel
    private let context: OpaquePointer
    /// `nil` where the level is fast on what does not compress.
    private let probe: CompressibilityProbe?

    /// - Throws: `VarveError` of kind `local` for want of memory.
    package init(level: CompressionLevel) throws(VarveError) {
        let isSlow = (level.zstdLevel ?? 0) >= CompressibilityProbe.firstSlowLevel
        probe = isSlow ? try CompressibilityProbe() : nil
        guard let context = ZSTD_createCCtx() else { throw Zstd.outOfMemory }
        self.level = level
        self.context = context
        guard let zstdLevel = level.zstdLevel else { return }
        set(ZSTD_c_compressionLevel, Int32(zstdLevel))
        set(ZSTD_c_contentSizeFlag, 1)
        // Sealing authenticates the frame.
        set(ZSTD_c_checksumFlag, 0)
        set(ZSTD_c_dictIDFlag, 0)
        // Otherwise the frame depends on whether the prefix lies before the source in memory.
        set(varve_ZSTD_c_deterministicRefPrefix, 1)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// The room that ``compress(_:into:prefix:)`` needs for a source of `count` bytes; a longer frame does not pay.
    package static func room(forCompressing count: Int) -> Int { count - count / 50 - 1 }

    /// Compresses `source` to one frame.
    ///
    /// - Parameters:
    ///   - destination: at least ``room(forCompressing:)`` bytes.
    ///   - prefix: what the frame may refer to, at most ``maximumPrefix`` bytes that do not overlap `source`; reading
    ///     the frame takes the same prefix.
    /// - Returns: the length of the frame; `nil` where it would save less than 2 %, so that the source is better stored
    ///   as it is.
    /// - Throws: `VarveError` of kind `local` where zstd fails, for want of memory.
    package func compress(
        _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer,
        prefix: UnsafeRawBufferPointer? = nil
    ) throws(VarveError) -> Int? {
        let room = Compressor.room(forCompressing: source.count)
        guard level != .off, room > 0 else { return nil }
        precondition(destination.count >= room, "too little room")
        // After a frame that did not fit it would not take parameters.
        ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
        if let prefix {
            try refer(to: prefix, sourceLength: source.count)
        } else {
            setTables(windowLog: 0, hashLog: 0)
            if let probe, !probe.expectsGain(from: source, scratch: destination) { return nil }
        }
        // Not all of the destination: zstd writes other frames where it has more room.
        let result = ZSTD_compress2(context, destination.baseAddress, room, source.baseAddress, source.count)
        if ZSTD_isError(result) != 0, ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall { return nil }
        return try check(result)
    }

    /// Lets the next frame refer to `prefix`, all of it.
    ///
    /// The window reaches from the end of the source to the beginning of the prefix. The hash table grows with it: that
    /// of the low levels is so small that a prefix of 1 MiB is forgotten before it is used. (A dump behind its version
    /// of the day before, 1 % of rows changed: level 1 made 0.518 of it, and makes 0.002 at four times the speed.) The
    /// fast levels enter every third position of a prefix, the slow ones each. Of those of the fast ones the table keeps a
    /// third: what is alike goes on for longer. (Tables four times as large took 12 % more processor time for a night's dump,
    /// for 1 % less stored.)
    private func refer(to prefix: UnsafeRawBufferPointer, sourceLength: Int) throws(VarveError) {
        precondition(prefix.count <= Compressor.maximumPrefix, "too long a prefix")
        let reach = Int.bitWidth - (sourceLength + prefix.count - 1).leadingZeroBitCount
        let windowLog = Swift.max(reach, Int(ZSTD_WINDOWLOG_MIN))
        let hashLog = probe == nil ? windowLog - 4 : Swift.min(windowLog - 1, 22)
        setTables(windowLog: windowLog, hashLog: Swift.max(hashLog, 14))
        try check(ZSTD_CCtx_refPrefix(context, prefix.baseAddress, prefix.count))
    }

    /// 0 stands for what belongs to the level.
    private func setTables(windowLog: Int, hashLog: Int) {
        set(ZSTD_c_windowLog, Int32(windowLog))
        set(ZSTD_c_hashLog, Int32(hashLog))
    }

    private func set(_ parameter: ZSTD_cParameter, _ value: Int32) {
        let result = ZSTD_CCtx_setParameter(context, parameter, value)
        precondition(ZSTD_isError(result) == 0, "zstd refuses a parameter: \(Zstd.errorText(result))")
    }

    @discardableResult
    private func check(_ result: Int) throws(VarveError) -> Int {
        guard ZSTD_isError(result) == 0 else {
            throw VarveError(.local, "compression failed: \(Zstd.errorText(result))")
        }
        return result
    }
}
