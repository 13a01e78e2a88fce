import FormatVectors
import Hashing
import Testing

@testable import Chunking

private struct ChunkerVectors: Decodable {
    struct SipHash: Decodable {
        let key, bytes: HexBytes
        let value: String
    }

    struct Part: Decodable {
        let kind: String
        let first: String?
        let bytes: HexBytes?
        let length: Int

        /// Bytes again and again, or SHA-256 of one 64-bit number after the other.
        var content: [UInt8] {
            get throws {
                var content: [UInt8] = []
                content.reserveCapacity(length + 32)
                if kind == "repeat" {
                    let pattern = try #require(bytes).bytes
                    while content.count < length { content += pattern }
                } else {
                    var number = try #require(UInt64(first ?? ""))
                    while content.count < length {
                        content += withUnsafeBytes(of: number.littleEndian) { SHA256Hasher.digest(of: $0) }.bytes
                        number += 1
                    }
                }
                return Array(content.prefix(length))
            }
        }
    }

    struct Stream: Decodable, Sendable {
        let description: String
        let chunkerBits: Int
        let prfKey: HexBytes
        let multipliers: [UInt16]
        let data: [Part]
        let sha256: HexBytes
        let ends: [Int]
    }

    let siphash: [SipHash]
    let streams: [Stream]
}

private struct KeyVectors: Decodable {
    struct ChunkerKeys: Decodable {
        let chunkerBits: Int
        let prfKey: HexBytes
        let n: Int
        let multipliers: [UInt16]
        let passedOver: [[UInt16]]
    }

    let chunkerKeys: [ChunkerKeys]
}

private func bytes(of multipliers: [UInt16]) -> [UInt8] {
    multipliers.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
}

/// `format-spec/vectors/chunker.json`, and the chunker keys of `keys.json`.
@Suite struct ChunkerVectorTests {
    @Test func sipHash() throws {
        let examples = try Vectors.load("chunker", as: ChunkerVectors.self).siphash
        #expect(!examples.isEmpty)
        for example in examples {
            let value = example.bytes.bytes.withUnsafeBytes { SipHash24(key: example.key.bytes)($0) }
            #expect(value == UInt64(example.value, radix: 16))
        }
    }

    @Test func drawsOfMultipliers() throws {
        let examples = try Vectors.load("keys", as: KeyVectors.self).chunkerKeys
        #expect(examples.contains { $0.n > 0 })
        for example in examples {
            let parameters = try #require(ChunkerParameters(bits: example.chunkerBits))
            let draws = example.passedOver + [example.multipliers]
            var drawn = 0
            let keys = ChunkerKeys(parameters: parameters, prfKey: example.prfKey.bytes) { draw in
                drawn += 1
                return bytes(of: draws[Int(draw)])
            }
            #expect(drawn == example.n + 1)
            #expect(keys.multipliers == Multipliers(bytes: bytes(of: example.multipliers)))
        }
    }

    @Test func cuts() throws {
        let streams = try Vectors.load("chunker", as: ChunkerVectors.self).streams
        #expect(!streams.isEmpty)
        for stream in streams {
            let data = try stream.data.flatMap { try $0.content }
            #expect(SHA256Hasher.digest(of: data).bytes == stream.sha256.bytes, "\(stream.description)")
            let parameters = try #require(ChunkerParameters(bits: stream.chunkerBits))
            let keys = ChunkerKeys(parameters: parameters, prfKey: stream.prfKey.bytes) { _ in
                bytes(of: stream.multipliers)
            }
            var end = 0
            let ends = ChunkingTests.cuts(data, Chunker(parameters: parameters, keys: keys)).map { length in
                end += length
                return end
            }
            #expect(ends == stream.ends, "\(stream.description)")
        }
    }
}
