import SeededData
@testable import Chunking

/// Streams that chunkers find easy, hard, or hostile.
enum Streams {
    static func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return random.bytes(count)
    }

    /// Lines of a table dump.
    static func text(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        var text: [UInt8] = []
        var row = 1
        while text.count < count {
            let name = ["Ada", "Grace", "Edsger", "Barbara"][Int.random(in: 0..<4, using: &random)]
            text += Array("\(row)\t\(name)\t2024-05-\(row % 28)\t\(Int.random(in: 0..<100_000, using: &random))\n".utf8)
            row += 1
        }
        return Array(text.prefix(count))
    }

    /// The same in UTF-16.
    static func utf16(_ count: Int, seed: UInt64) -> [UInt8] {
        Array(text(count / 2 + 1, seed: seed).flatMap { [$0, 0] }.prefix(count))
    }

    static func constant(_ count: Int, byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: count) }

    /// A random pattern of `period` bytes again and again.
    static func periodic(_ count: Int, period: Int, seed: UInt64) -> [UInt8] {
        let pattern = random(period, seed: seed)
        return (0..<count).map { pattern[$0 % period] }
    }

    /// Made by somebody who knows the multipliers: candidates lie as close as one byte a position allows. The last byte
    /// of a window sets the upper half of F freely.
    static func manyCandidates(_ count: Int, keys: ChunkerKeys, literal: LiteralChunker, seed: UInt64) -> [UInt8] {
        var bytes = random(count, seed: seed)
        let inverse = UInt8(
            truncatingIfNeeded: (0..<256).first { keys.multipliers.a1 & 255 &* UInt16($0) & 255 == 1 } ?? 0)
        for e in 32...count {
            bytes[e - 1] = 0
            let upper = UInt8(literal.f(bytes, endingAt: e) >> 8)
            bytes[e - 1] = (255 &- upper) &* inverse
        }
        return bytes
    }
}

/// Keys that depend on a seed.
func makeKeys(_ parameters: ChunkerParameters, seed: UInt64) -> ChunkerKeys {
    var random = SeededRandom(seed: seed)
    let prfKey = random.bytes(16)
    return ChunkerKeys(parameters: parameters, prfKey: prfKey) { draw in
        var random = SeededRandom(seed: seed &* 1000 &+ UInt64(draw))
        return random.bytes(10)
    }
}

/// The lengths of the chunks of `stream`, seen at once.
func cuts(_ stream: [UInt8], _ chunker: Chunker) -> [Int] {
    var chunker = chunker
    var lengths: [Int] = []
    var start = 0
    stream.withUnsafeBytes { bytes in
        while let length = chunker.nextCut(in: UnsafeRawBufferPointer(rebasing: bytes[start...]), isEndOfStream: true) {
            lengths.append(length)
            start += length
        }
    }
    return lengths
}
