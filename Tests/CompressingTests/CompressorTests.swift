import Primitives
import SeededData
import Testing

@testable import Compressing

/// Lines with little in them, as dumps have.
func makeText(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    var text: [UInt8] = []
    while text.count < count { text += Array("\(Int.random(in: 0..<5000, using: &random))\tpending\tBerlin\n".utf8) }
    return Array(text.prefix(count))
}

func makeNoise(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return random.bytes(count)
}

/// The frame; `nil` where it does not pay.
func compress(_ source: [UInt8], with compressor: Compressor, prefix: [UInt8]? = nil) throws -> [UInt8]? {
    var frame = [UInt8](repeating: 0, count: source.count)
    let length = try frame.withUnsafeMutableBytes { frame in
        try source.withUnsafeBytes { source in
            guard let prefix else { return try compressor.compress(source, into: frame) }
            return try prefix.withUnsafeBytes { try compressor.compress(source, into: frame, prefix: $0) }
        }
    }
    return length.map { Array(frame.prefix($0)) }
}

func decompress(
    _ frame: [UInt8], rawLength: Int, with decompressor: Decompressor? = nil, prefix: [UInt8]? = nil
) throws -> [UInt8] {
    let decompressor = try decompressor ?? Decompressor()
    var content = [UInt8](repeating: 0, count: rawLength)
    try content.withUnsafeMutableBytes { content in
        try frame.withUnsafeBytes { frame in
            guard let prefix else { return try decompressor.decompress(frame, into: content, object: "segment") }
            try prefix.withUnsafeBytes {
                try decompressor.decompress(frame, into: content, prefix: $0, object: "segment")
            }
        }
    }
    return content
}

func makeCompressor(_ level: String) throws -> Compressor {
    try Compressor(level: #require(CompressionLevel(parsing: level)))
}

@Suite struct CompressorTests {
    @Test(arguments: ["-20", "fastest", "default", "2", "better", "5", "9", "max", "22"])
    func whatWasCompressedComesBack(level: String) throws {
        let compressor = try makeCompressor(level)
        let decompressor = try Decompressor()
        for length in [100, 1000, 65_536, 100_000, 300_001] {
            let source = makeText(length, seed: UInt64(length))
            let frame = try #require(try compress(source, with: compressor))
            #expect(frame.count < length * 9 / 10)
            #expect(try decompress(frame, rawLength: length, with: decompressor) == source)
        }
    }

    @Test(arguments: ["-20", "fastest", "default", "4", "5", "9", "max"])
    func whatDoesNotPayIsLeft(level: String) throws {
        let compressor = try makeCompressor(level)
        for length in [0, 1, 2, 30, 1000, 100_000, 300_000] {
            #expect(try compress(makeNoise(length, seed: UInt64(length)), with: compressor) == nil)
        }
        // It works on afterwards.
        #expect(try compress(makeText(10_000, seed: 1), with: compressor) != nil)
    }

    @Test func offCompressesNothing() throws {
        #expect(try compress(makeText(10_000, seed: 1), with: Compressor(level: .off)) == nil)
    }

    /// A frame must save 2 %: noise with just too few and just enough zeros behind it.
    @Test(arguments: ["default", "9"])
    func theLimitIsTwoPercent(level: String) throws {
        let compressor = try makeCompressor(level)
        let length = 200_000
        func source(zeros: Int) -> [UInt8] {
            makeNoise(length - zeros, seed: 3) + [UInt8](repeating: 0, count: zeros)
        }
        #expect(try compress(source(zeros: length / 50 - 1_000), with: compressor) == nil)
        let frame = try #require(try compress(source(zeros: length / 50 + 1_000), with: compressor))
        #expect(frame.count <= Compressor.room(forCompressing: length))
    }

    /// Noise in every sample, and yet half of it is saved.
    @Test func distantRepetitionIsFound() throws {
        let noise = makeNoise(150_000, seed: 4)
        let frame = try #require(try compress(noise + noise, with: makeCompressor("9")))
        #expect(frame.count < 160_000)
    }

    /// The nonces of sealing rely on it.
    @Test(arguments: ["fastest", "default", "3", "5", "7", "max", "17"])
    func framesDoNotDependOnWhatCameBeforeOrOnTheRoom(level: String) throws {
        let used = try makeCompressor(level)
        for round: UInt64 in 0..<12 {
            let source = makeText(20_000 + Int(round) * 7919, seed: round % 5)
            let prefix = round % 3 == 0 ? makeText(50_000, seed: round) : nil
            let frame = try compress(source, with: used, prefix: prefix)
            #expect(try compress(source, with: makeCompressor(level), prefix: prefix) == frame)
            var room = [UInt8](repeating: 0, count: 3 * source.count)
            let length = try room.withUnsafeMutableBytes { room in
                try source.withUnsafeBytes { source in
                    guard let prefix else { return try used.compress(source, into: room) }
                    return try prefix.withUnsafeBytes { try used.compress(source, into: room, prefix: $0) }
                }
            }
            #expect(length.map { Array(room.prefix($0)) } == frame)
            _ = try compress(makeNoise(5_000, seed: round), with: used)
        }
    }

    @Test func framesDoNotDependOnWhereThePrefixLies() throws {
        let prefix = makeText(70_000, seed: 5)
        let source = makeText(90_000, seed: 6)
        for level in ["default", "3", "6", "max"] {
            let apart = try compress(source, with: makeCompressor(level), prefix: prefix)
            let together = prefix + source
            var frame = [UInt8](repeating: 0, count: source.count)
            let compressor = try makeCompressor(level)
            let length = try together.withUnsafeBytes { together in
                try frame.withUnsafeMutableBytes {
                    try compressor.compress(
                        UnsafeRawBufferPointer(rebasing: together[prefix.count...]), into: $0,
                        prefix: UnsafeRawBufferPointer(rebasing: together[..<prefix.count]))
                }
            }
            #expect(length.map { Array(frame.prefix($0)) } == apart)
        }
    }

    /// The window must reach from the end of the source to the beginning of the prefix.
    @Test(arguments: ["fastest", "default", "better", "max"])
    func aWholePrefixIsUsed(level: String) throws {
        let prefix = makeNoise(Compressor.maximumPrefix, seed: 7)
        let source = Array(prefix[..<200_000]) + Array(prefix[(prefix.count - 200_000)...])
        let frame = try #require(try compress(source, with: makeCompressor(level), prefix: prefix))
        #expect(frame.count < 2_000)
        #expect(try decompress(frame, rawLength: source.count, prefix: prefix) == source)
    }

    @Test func prefixIsForgottenAfterOneFrame() throws {
        let compressor = try makeCompressor("default")
        let noise = makeNoise(50_000, seed: 8)
        #expect(try compress(noise, with: compressor, prefix: makeNoise(50_000, seed: 8)) != nil)
        #expect(try compress(noise, with: compressor) == nil)
    }
}
