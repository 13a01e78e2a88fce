import FormatVectors
import Hashing
import Primitives
import TestSupport
import Testing

@testable import Snapshots

/// What the vectors of lists and of trees have in common.

/// Which chunks make up a content, as a vector says it.
struct ContentVector: Decodable {
    let size: Number64
    let height: UInt8
    let id: HexBytes?
    let chunks: Number64
    private let coded: HexBytes?

    private enum CodingKeys: String, CodingKey {
        case size, height, id, chunks
        case coded = "bytes"
    }

    /// The bytes of the content.
    var bytes: HexBytes { get throws { try #require(coded) } }

    func reference() throws -> ContentReference {
        guard let id = try id?.digest() else { return .empty }
        return height == 0
            ? .chunk(id, size: size.value) : .list(id, height: height, size: size.value, chunks: chunks.value)
    }
}

/// Bytes that are to be refused.
struct InvalidBytes: Decodable {
    let description: String
    let bytes: HexBytes
}

/// The nodes of one level, as a vector says it.
struct LevelVector: Decodable {
    let level: UInt8
    let nodes: Int
    /// Of the IDs one after the other.
    let idsSHA256: HexBytes
    let ids: [HexBytes]?
    /// How many entries each node has.
    let entries: [UInt32]?
    let lengths: [Int]?
}

/// Takes what a builder stores, and keeps what vectors say of it.
struct LevelRecorder {
    let hasher: ChunkHasher
    let chunkClass: ChunkClass
    private var levels: [UInt8: (ids: [ChunkID], entries: [UInt32], lengths: [Int])] = [:]

    init(hasher: ChunkHasher, chunkClass: ChunkClass) {
        self.hasher = hasher
        self.chunkClass = chunkClass
    }

    mutating func store(_ node: [UInt8]) -> ChunkID {
        let id = node.withUnsafeBytes { hasher.id(of: $0, as: chunkClass) }
        let count = node.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
        levels[node[0], default: ([], [], [])].ids.append(id)
        levels[node[0], default: ([], [], [])].entries.append(count)
        levels[node[0], default: ([], [], [])].lengths.append(node.count)
        return id
    }

    func expect(_ vectors: [LevelVector], _ what: String) throws {
        #expect(levels.count == vectors.count, "\(what)")
        for vector in vectors {
            let level = try #require(levels[vector.level], "\(what)")
            #expect(level.ids.count == vector.nodes, "\(what)")
            let all = level.ids.flatMap(\.bytes)
            #expect(TestDigest.sha256(all) == (try vector.idsSHA256.digest()), "\(what), level \(vector.level)")
            if let ids = vector.ids { #expect(level.ids == (try ids.map { try $0.digest() }), "\(what)") }
            if let entries = vector.entries { #expect(level.entries == entries, "\(what)") }
            if let lengths = vector.lengths { #expect(level.lengths == lengths, "\(what)") }
        }
    }
}

/// Reads one thing from `bytes`, and expects them to end with it.
func readAll<Value>(_ bytes: [UInt8], _ read: (inout ByteReader) throws -> Value) throws -> Value {
    var reader = ByteReader(bytes, of: "vector")
    let value = try read(&reader)
    try reader.expectEnd()
    return value
}

/// Expects that a node has the IDs that its vector says, with K_id and without a key.
func expectIDs(
    of node: [UInt8], as chunkClass: ChunkClass, key: HexBytes, keyed: HexBytes, unkeyed: HexBytes
) throws {
    let hashers = [ChunkHasher(key: key.bytes), ChunkHasher()]
    let ids = hashers.map { hasher in node.withUnsafeBytes { hasher.id(of: $0, as: chunkClass) } }
    #expect(ids == [try keyed.digest(), try unkeyed.digest()])
}

extension ChunkHasher {
    /// Keyed by K_id; without it where there is none.
    init(key: [UInt8]?) {
        if let key { self = key.withUnsafeBytes { ChunkHasher(key: $0) } } else { self.init() }
    }
}
