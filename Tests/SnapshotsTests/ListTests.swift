import Packing
import Primitives
import SeededData
import Testing

@testable import Snapshots

private func chunks(_ count: Int, seed: UInt64 = 1) -> [ChunkEntry] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in ChunkEntry(id: random.digest(), length: UInt32(1 + random.next() % 100_000)) }
}

private func build(_ chunks: [ChunkEntry], _ store: NodeStore) throws -> ContentReference {
    var builder = ListBuilder()
    for chunk in chunks { try builder.append(chunk) { store.store($0) } }
    return try builder.finish { store.store($0) }
}

struct ListTests {
    @Test(arguments: [0, 1, 2, 255, 256, 257, 4095, 4096, 4097, 60_000])
    func whatIsBuiltIsRead(count: Int) throws {
        let store = NodeStore()
        let entries = chunks(count)
        let content = try build(entries, store)
        #expect(content.size == entries.reduce(0) { $0 + UInt64($1.length) })
        #expect(content.chunkCount == UInt64(count))
        var cursor = ListCursor(content)
        var read: [ChunkEntry] = []
        while let chunk = try cursor.next(store.read) { read.append(chunk) }
        #expect(read == entries)
    }

    @Test func nodesEndWhereTheirEntriesSay() throws {
        let store = NodeStore()
        let entries = chunks(20_000)
        _ = try build(entries, store)
        var position = 0
        var leaves = 0
        // The leaves in order: each ends at the first entry from the 256th on with ten zero bits.
        while position < entries.count {
            var end = position
            repeat {
                end += 1
            } while end < entries.count
                && !((end - position >= 256 && entries[end - 1].id.bytes[0] == 0
                    && entries[end - 1].id.bytes[1] & 3 == 0)
                    || end - position == 4096)
            let leaf = ListNode.leaf(Array(entries[position..<end]))
            #expect(store.nodes.values.contains(leaf.encoded))
            leaves += 1
            position = end
        }
        #expect(leaves > 5)
    }

    @Test func anEditAddsFewNodes() throws {
        let store = NodeStore()
        var entries = chunks(50_000)
        _ = try build(entries, store)
        let before = store.nodes.count
        entries.replaceSubrange(25_000..<25_001, with: chunks(2, seed: 7))
        _ = try build(entries, store)
        #expect(store.nodes.count - before <= 4)
    }

    @Test func equalSumsAreDemanded() throws {
        let store = NodeStore()
        guard case .list(let id, let height, let size, let count) = try build(chunks(1000), store) else {
            Issue.record("a thousand chunks make a list")
            return
        }
        var cursor = ListCursor(.list(id, height: height, size: size + 1, chunks: count))
        #expect(throws: VarveError.self) { try cursor.next(store.read) }
    }

    @Test func mutatedNodesAreRefusedOrRead() throws {
        var random = SeededRandom(seed: 3)
        let leaf = ListNode.leaf(chunks(300)).encoded
        for _ in 0..<2000 {
            var bytes = leaf
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            if random.next() & 1 == 0 { bytes.removeLast(Int(random.next() % 100)) }
            if let node = try? ListNode(decoding: bytes, level: 0) { #expect(node.encoded == bytes) }
        }
    }

    @Test func contentReferencesRoundTrip() throws {
        let id = chunks(1)[0].id
        let references: [ContentReference] = [
            .empty, .chunk(id, size: 5), .list(id, height: 3, size: 1 << 40, chunks: 1 << 25),
        ]
        for reference in references {
            var writer = ByteWriter()
            reference.encode(to: &writer)
            var reader = ByteReader(writer.bytes, of: "content")
            #expect(try ContentReference(from: &reader) == reference)
            #expect(reader.isAtEnd)
        }
    }
}
