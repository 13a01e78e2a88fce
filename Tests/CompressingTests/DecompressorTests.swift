import CZstd
import Primitives
import Testing

@testable import Compressing

@Suite struct DecompressorTests {
    private let source = makeText(50_000, seed: 1)

    private func frame() throws -> [UInt8] {
        try #require(try compress(source, with: makeCompressor("default")))
    }

    private func expectDamage(_ bytes: [UInt8], rawLength: Int, prefix: [UInt8]? = nil) {
        let error = #expect(throws: VarveError.self) {
            try decompress(bytes, rawLength: rawLength, prefix: prefix)
        }
        #expect(error?.kind == .damaged)
        #expect(error?.problem.hasPrefix("segment: ") == true)
    }

    @Test func otherLengthsAreRefused() throws {
        for length in [0, 1, source.count - 1, source.count + 1, 2 * source.count] {
            expectDamage(try frame(), rawLength: length)
        }
    }

    @Test func moreThanOneFrameIsRefused() throws {
        expectDamage(try frame() + frame(), rawLength: 2 * source.count)
        expectDamage(try frame() + frame(), rawLength: source.count)
    }

    @Test func trailingBytesAreRefused() throws {
        expectDamage(try frame() + [0], rawLength: source.count)
        // An empty frame that readers may skip.
        expectDamage(try frame() + [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0], rawLength: source.count)
        expectDamage([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0] + (try frame()), rawLength: source.count)
    }

    @Test func everyTruncationIsRefused() throws {
        let frame = try #require(try compress(makeText(3_000, seed: 2), with: makeCompressor("default")))
        for length in 0..<frame.count { expectDamage(Array(frame[..<length]), rawLength: 3_000) }
    }

    /// Sealing finds changed bytes; here they must do no harm.
    @Test func changedBytesNeverYieldAnotherLength() throws {
        let frame = try #require(try compress(makeText(3_000, seed: 3), with: makeCompressor("default")))
        let decompressor = try Decompressor()
        for index in frame.indices {
            for bit: UInt8 in 0..<8 {
                var changed = frame
                changed[index] ^= 1 << bit
                do {
                    _ = try decompress(changed, rawLength: 3_000, with: decompressor)
                } catch let error as VarveError {
                    #expect(error.kind == .damaged)
                }
            }
        }
        #expect(try decompress(frame, rawLength: 3_000, with: decompressor) == makeText(3_000, seed: 3))
    }

    @Test func anotherPrefixIsNoMatch() throws {
        let prefix = makeNoise(30_000, seed: 4)
        let source = makeNoise(30_000, seed: 4)
        let frame = try #require(try compress(source, with: makeCompressor("default"), prefix: prefix))
        #expect(try decompress(frame, rawLength: prefix.count, prefix: prefix) == prefix)
        expectDamage(frame, rawLength: prefix.count)
        expectDamage(frame, rawLength: prefix.count, prefix: Array(prefix[1000...]))
    }

    @Test func prefixIsForgottenAfterAnError() throws {
        let decompressor = try Decompressor()
        let prefix = makeNoise(30_000, seed: 5)
        let source = makeNoise(30_000, seed: 5)
        let frame = try #require(try compress(source, with: makeCompressor("default"), prefix: prefix))
        #expect(throws: VarveError.self) {
            try decompress(Array(frame.dropLast()), rawLength: prefix.count, with: decompressor, prefix: prefix)
        }
        #expect(throws: VarveError.self) { try decompress(frame, rawLength: prefix.count, with: decompressor) }
    }

    /// A frame of another writer: streamed, so that it does not tell its length.
    @Test func frameOfUnknownLengthIsRead() throws {
        let context = try #require(ZSTD_createCCtx())
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        var frame = [UInt8](repeating: 0, count: source.count)
        let length = ZSTD_compress2(context, &frame, frame.count, source, source.count)
        let bytes = Array(frame.prefix(length))
        #expect(try decompress(bytes, rawLength: source.count) == source)
        expectDamage(bytes, rawLength: source.count - 1)
        expectDamage(bytes, rawLength: source.count + 1)
    }

    /// Magic number, no content size, and a window of 2^28 (RFC 8878, 3.1.1.1.2: exponent 18), then an empty last
    /// block.
    @Test func hugeWindowIsRefused() {
        expectDamage([0x28, 0xb5, 0x2f, 0xfd, 0x00, 18 << 3, 0x01, 0x00, 0x00], rawLength: 0)
        #expect(throws: Never.self) {
            try decompress([0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00], rawLength: 0)
        }
    }
}
