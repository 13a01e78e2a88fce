import FormatVectors
import Hashing
import Packing
import Primitives
import TestSupport
import Testing

@testable import Snapshots

/// `format-spec/vectors/lists.json`.
struct ListVectorTests {
    private struct File: Decodable {
        let contents: [ContentVector]
        let invalidContents: [InvalidBytes]
        let nodes: [Node]
        let invalidNodes: [InvalidNode]
        let boundaries: [Boundary]
    }

    private struct Node: Decodable {
        struct Entry: Decodable {
            let id: HexBytes
            let bytes: UInt64
            let chunks: UInt64

            private enum Keys: String, CodingKey { case id, bytes, chunks }

            init(from decoder: any Decoder) throws {
                let fields = try decoder.container(keyedBy: Keys.self)
                id = try fields.decode(HexBytes.self, forKey: .id)
                bytes = try fields.decodeNumber(.bytes)
                chunks = try fields.decodeNumber(.chunks)
            }
        }

        let level: UInt8
        let bytesBelow: Number64
        let chunksBelow: Number64
        let entries: [Entry]
        let plain: HexBytes
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K_id: HexBytes
        let id: HexBytes
        let unkeyedId: HexBytes
    }

    private struct InvalidNode: Decodable {
        let description: String
        let plain: HexBytes
        let level: UInt8
        let bytesBelow: Number64
        let chunksBelow: Number64
    }

    private struct Boundary: Decodable {
        let count: UInt32
        let rule: String
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K_id: HexBytes?
        let size: Number64
        let height: UInt8
        let root: HexBytes
        let content: HexBytes
        let levels: [LevelVector]
    }

    private let file: File

    init() throws { file = try Vectors.load("lists") }

    private func decode(_ bytes: [UInt8]) throws -> ContentReference {
        try readAll(bytes) { try ContentReference(from: &$0) }
    }

    @Test func contents() throws {
        for vector in file.contents {
            let bytes = try vector.bytes.bytes
            let content = try decode(bytes)
            #expect(content == (try vector.reference()))
            var writer = ByteWriter()
            content.encode(to: &writer)
            #expect(writer.bytes == bytes)
        }
        for vector in file.invalidContents {
            #expect(throws: MalformedBytes.self, "\(vector.description)") { try decode(vector.bytes.bytes) }
        }
    }

    @Test func nodes() throws {
        for vector in file.nodes {
            let bytes = vector.plain.bytes
            let node = try ListNode(decoding: bytes, level: vector.level)
            #expect(node.encoded == bytes)
            #expect(node.bytes == vector.bytesBelow.value && node.chunks == vector.chunksBelow.value)
            switch node {
            case .leaf(let chunks):
                #expect(chunks.map(\.id) == (try vector.entries.map { try $0.id.digest() }))
                #expect(chunks.map { UInt64($0.length) } == vector.entries.map(\.bytes))
            case .inner(_, let children):
                #expect(children.map(\.id) == (try vector.entries.map { try $0.id.digest() }))
                #expect(children.map(\.bytes) == vector.entries.map(\.bytes))
                #expect(children.map(\.chunks) == vector.entries.map(\.chunks))
            }
            try expectIDs(of: bytes, as: .list, key: vector.K_id, keyed: vector.id, unkeyed: vector.unkeyedId)
        }
    }

    /// Read as from the node above, with what that says.
    @Test func wrongNodesAreRefused() throws {
        for vector in file.invalidNodes {
            let child = ListNode.Child(
                id: Digest(1, 2, 3, 4), bytes: vector.bytesBelow.value, chunks: vector.chunksBelow.value)
            let error = failure { try ListNode.read(child, level: vector.level) { _ in vector.plain.bytes } }
            #expect(error?.kind == .damaged, "\(vector.description)")
            #expect(error?.problem.contains("list node 01000000") == true, "\(vector.description)")
        }
    }

    @Test func boundaries() throws {
        for vector in file.boundaries {
            var levels = LevelRecorder(hasher: ChunkHasher(key: vector.K_id?.bytes), chunkClass: .list)
            let store: ListBuilder.StoreNode = { levels.store($0) }
            var builder = ListBuilder()
            for number in 0..<vector.count {
                var id = TestDigest.sha256(withUnsafeBytes(of: number.littleEndian) { Array($0) }).bytes
                if vector.rule == "odd" { id[0] |= 1 }
                if vector.rule == "even" {
                    id[0] = 0
                    id[1] &= 0xFC
                }
                let chunk = ChunkEntry(id: try #require(Digest(bytes: id)), length: 1 + number % 50_000)
                try builder.append(chunk, store)
            }
            let content = try builder.finish(store)
            let what = "\(vector.count) chunks, \(vector.rule)"
            #expect(content.size == vector.size.value && content.chunkCount == UInt64(vector.count), "\(what)")
            #expect(
                content
                    == .list(
                        try vector.root.digest(), height: vector.height, size: vector.size.value,
                        chunks: UInt64(vector.count)), "\(what)")
            var writer = ByteWriter()
            content.encode(to: &writer)
            #expect(writer.bytes == vector.content.bytes, "\(what)")
            try levels.expect(vector.levels, "\(what)")
        }
    }
}

extension KeyedDecodingContainer {
    /// A number that is written as such, or as a decimal string where it may have 64 bits.
    func decodeNumber(_ key: Key) throws -> UInt64 {
        if let number = try? decode(UInt64.self, forKey: key) { return number }
        return try decode(Number64.self, forKey: key).value
    }
}
