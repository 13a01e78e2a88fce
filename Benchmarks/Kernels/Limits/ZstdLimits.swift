import CZstd
import Threads

extension Limit {
    /// Compresses `bytes` in blocks of `blockLength`, each into the same room, with one context for all. `nil` for a
    /// level that is no limit.
    static func compression(_ bytes: UnsafeRawBufferPointer, blockLength: Int, level: Int32) -> Limit? {
        guard let name = LimitName.zstd(level: level) else { return nil }
        let zstd = ZstdBlocks(blockLength: blockLength)
        return Limit(name) {
            for block in bytes.parts(of: blockLength) { Results.take(try zstd.compress(block, level: level)) }
        }
    }

    /// Decompresses frames that hold at most `blockLength` bytes each; the speed counts the plain bytes.
    static func decompression(of frames: [[UInt8]], blockLength: Int) -> Limit {
        let zstd = ZstdBlocks(blockLength: blockLength)
        return Limit(.zstdDecompression) {
            for frame in frames { Results.take(try zstd.decompress(frame)) }
        }
    }

    /// Decompresses what level 1 makes of the blocks.
    static func decompression(_ bytes: UnsafeRawBufferPointer, blockLength: Int) throws -> Limit {
        let zstd = ZstdBlocks(blockLength: blockLength)
        let frames = try bytes.parts(of: blockLength).map { try zstd.frame(of: $0, level: 1) }
        return decompression(of: frames, blockLength: blockLength)
    }
}

extension UnsafeRawBufferPointer {
    /// The whole parts of `length` bytes that it begins with.
    func parts(of length: Int) -> [UnsafeRawBufferPointer] {
        stride(from: 0, through: count - length, by: length).map {
            UnsafeRawBufferPointer(rebasing: self[$0..<$0 + length])
        }
    }
}

/// zstd as it is.
private final class ZstdBlocks {
    private let compression = ZSTD_createCCtx()
    private let decompression = ZSTD_createDCtx()
    private let room: Buffer

    struct Failure: Error {}

    init(blockLength: Int) { room = Buffer(capacity: ZSTD_compressBound(blockLength)) }

    deinit {
        ZSTD_freeCCtx(compression)
        ZSTD_freeDCtx(decompression)
    }

    func compress(_ block: UnsafeRawBufferPointer, level: Int32) throws -> Int {
        try check(
            ZSTD_compressCCtx(
                compression, room.bytes.baseAddress, room.capacity, block.baseAddress, block.count, level))
    }

    func frame(of block: UnsafeRawBufferPointer, level: Int32) throws -> [UInt8] {
        Array(room.prefix(try compress(block, level: level)))
    }

    func decompress(_ frame: [UInt8]) throws -> Int {
        try check(ZSTD_decompressDCtx(decompression, room.bytes.baseAddress, room.capacity, frame, frame.count))
    }

    private func check(_ result: Int) throws -> Int {
        if ZSTD_isError(result) != 0 { throw Failure() }
        return result
    }
}
