import FormatVectors
import Hashing
import Primitives
import Testing

private struct Keys: Decodable {
    struct ChunkID: Decodable {
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K_id: HexBytes?
        let `class`: UInt8
        let plain, id: HexBytes
    }

    let chunkIds: [ChunkID]
}

/// The chunk IDs of `format-spec/vectors/keys.json`.
@Suite struct ChunkIDVectorTests {
    @Test func chunkIDs() throws {
        let examples = try Vectors.load("keys", as: Keys.self).chunkIds
        #expect(examples.contains { $0.K_id == nil } && examples.contains { $0.K_id != nil })
        for example in examples {
            let hasher = example.K_id.map { $0.bytes.withUnsafeBytes { ChunkHasher(key: $0) } } ?? ChunkHasher()
            let kind = try #require(ChunkClass(rawValue: example.class))
            #expect(example.plain.bytes.withUnsafeBytes { hasher.id(of: $0, as: kind) }.bytes == example.id.bytes)
        }
    }
}
