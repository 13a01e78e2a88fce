import Packing
import Primitives
import SeededData
import Snapshots
import TestSupport
import Testing

struct ChunkDifferenceTests {
    private func chunks(_ count: Int, _ random: inout SeededRandom) -> [ChunkEntry] {
        (0..<count).map { _ in
            ChunkEntry(
                id: Digest(random.next(), random.next(), random.next(), random.next()),
                length: UInt32(1 + random.next() % 60_000))
        }
    }

    private func amount(_ chunks: Set<ChunkEntry>) -> ChunkDifference.Amount {
        .init(chunks: UInt64(chunks.count), bytes: chunks.reduce(0) { $0 + UInt64($1.length) })
    }

    /// Several files of which no chunk stands in two places: exactly what sets say.
    @Test(arguments: 0..<20)
    func agreesWithSets(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = CountedNodes()
        var all: [ChunkEntry] = []
        var pairs: [(before: [ChunkEntry], after: [ChunkEntry])] = []
        for size in [0, 1, 2, 300, 9000, 30_000] {
            let before = chunks(size, &random)
            var after = before
            for _ in 0..<(random.next() % 4) {
                let start = Int(random.next() % UInt64(after.count + 1))
                let end = min(after.count, start + Int(random.next() % 50))
                after.replaceSubrange(start..<end, with: chunks(Int(random.next() % 50), &random))
            }
            if random.next() % 5 == 0 { after = [] }
            pairs.append(random.next() % 2 == 0 ? (before, after) : (after, before))
            all += before + after
        }
        let ordinals = Dictionary(
            Set(all.map(\.id)).enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        var difference = ChunkDifference(ordinals: ordinals.count) { ordinals[$0] }
        for pair in pairs {
            try difference.add(
                pair.before.isEmpty ? nil : try store.list(pair.before), try store.list(pair.after), store.read)
        }
        let before = Set(pairs.flatMap(\.before))
        let after = Set(pairs.flatMap(\.after))
        #expect(difference.added == amount(after.subtracting(before)))
        #expect(difference.removed == amount(before.subtracting(after)))
    }

    @Test func whatMovesToAnotherFileIsNotNew() throws {
        var random = SeededRandom(seed: 7)
        let store = CountedNodes()
        let shared = chunks(500, &random)
        let other = chunks(3, &random)
        let ordinals = Dictionary(
            (shared + other).enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
        var difference = ChunkDifference(ordinals: ordinals.count) { ordinals[$0] }
        try difference.add(try store.list(shared), nil, store.read)
        try difference.add(nil, try store.list(other + shared + shared), store.read)
        #expect(difference.removed == amount([]))
        #expect(difference.added == amount(Set(other)))
    }

    @Test func sharedNodesAreNotRead() throws {
        var random = SeededRandom(seed: 8)
        let store = CountedNodes()
        let before = chunks(60_000, &random)
        var after = before
        after[30_000] = chunks(1, &random)[0]
        let contents = (try store.list(before), try store.list(after))
        var difference = ChunkDifference(ordinals: 0) { _ in nil }
        try difference.add(contents.0, contents.1, store.read)
        #expect(store.reads.count <= 6, "\(store.reads.count) of \(store.count) nodes read")
        // Without numbers each chunk counts where it stands: those of the leaf that changed.
        #expect(difference.added.chunks < 5000 && difference.added.chunks > 0)
    }
}
