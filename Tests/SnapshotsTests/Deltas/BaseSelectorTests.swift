import Packing
import Primitives
import SeededData
import Testing

@testable import Snapshots

struct BaseSelectorTests {
    @Test(arguments: 1...40)
    func newChunksBetweenNeighboursGetWhatWasBetweenThem(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let parent = random.chunks(Int(random.next() % 3000))
        let step = ListInStep(parent: parent, content: random.edited(parent, every: 3 + random.next() % 40))
        #expect(try step.run(chunksAtOnce: .max / 2).bases == step.expected)
    }

    /// Where a run is cut in two, what is chosen for its parts may be a little more or less.
    @Test(arguments: 1...10)
    func batchesChangeLittle(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let parent = random.chunks(8000)
        let step = ListInStep(parent: parent, content: random.edited(parent, every: 10))
        let outcome = try step.run()
        let expected = step.expected
        #expect(outcome.bases.keys.sorted() == expected.keys.sorted())
        let different = expected.filter { outcome.bases[$0.key] != $0.value }
        #expect(different.count < expected.count / 10)
        for (number, bases) in different {
            #expect(Set(bases.map(\.id)).isSubset(of: Set((outcome.bases[number] ?? []).map(\.id))))
        }
        #expect(try step.run() == outcome)
    }

    @Test func anEmptyParentGivesNothing() throws {
        var random = SeededRandom(seed: 1)
        let outcome = try ListInStep(parent: [], content: random.chunks(100)).run()
        #expect(outcome.bases.count == 100)
        #expect(outcome.bases.values.allSatisfy { $0.isEmpty })
    }

    @Test func anEmptyContentAsksForNothing() throws {
        var random = SeededRandom(seed: 1)
        #expect(try ListInStep(parent: random.chunks(100), content: []).run().bases.isEmpty)
    }

    /// A chunk changed 100 chunks behind an insertion, a deletion or both gets the chunk that was there.
    @Test(arguments: [(0, 1), (1, 0), (50, 0), (0, 50), (3000, 0), (0, 3000), (20_000, 0), (0, 30_000), (9000, 9000)])
    func findsItselfBehindLargeEdits(inserted: Int, deleted: Int) throws {
        var random = SeededRandom(seed: UInt64(inserted + deleted))
        let parent = random.chunks(40_000)
        var content = parent
        let place = 500 + deleted + 100
        content[place] = random.chunk()
        content.replaceSubrange(500..<500 + deleted, with: random.chunks(inserted))
        let outcome = try ListInStep(parent: parent, content: content).run()
        #expect(outcome.bases[place - deleted + inserted] == [parent[place]])
    }

    /// More of the parent is gone than can be held ahead.
    @Test func findsItselfBehindADeletionBeyondItsReach() throws {
        var random = SeededRandom(seed: 3)
        let reach = BaseSelector.Reach(behind: 64, near: 64, far: 512)
        let parent = random.chunks(20_000)
        var content = Array(parent[..<100] + parent[4000...])
        content[10_000] = random.chunk()
        let outcome = try ListInStep(parent: parent, content: content, reach: reach).run()
        #expect(outcome.bases[10_000] == [parent[13_900]])
        #expect(outcome.held <= 64 + 512)
    }

    @Test(arguments: [100, 2000, 5000])
    func blocksThatMovedAreFollowed(count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        let parent = random.chunks(4 * count)
        let order = [0, 2, 1, 3]
        var content = order.flatMap { parent[$0 * count..<($0 + 1) * count] }
        var expected: [Int: [ChunkEntry]] = [:]
        for number in 0..<4 {
            let place = number * count + count / 2
            expected[place] = [content[place]]
            content[place] = random.chunk()
        }
        #expect(try ListInStep(parent: parent, content: content).run().bases == expected)
    }

    /// A chunk that the parent has far ahead, once or often, comes between others.
    @Test(arguments: [1, 20, 1000])
    func oneChunkFarAheadLeadsNowhere(count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        var parent = random.chunks(4000)
        let zeros = random.chunk()
        for _ in 0..<count { parent.insert(zeros, at: 2000 + Int(random.next() % 2000)) }
        var content = parent
        content[1000] = random.chunk()
        content.insert(contentsOf: [zeros, zeros, zeros], at: 500)
        content.insert(zeros, at: 80)
        let outcome = try ListInStep(parent: parent, content: content).run()
        #expect(outcome.bases == [1004: [parent[1000]]])
    }

    @Test func chunksKnownFromElsewhereAreNoNeighbours() throws {
        var random = SeededRandom(seed: 8)
        let parent = random.chunks(6000)
        let foreign = random.chunks(3000)
        var content = parent
        content[5000] = random.chunk()
        content.insert(contentsOf: foreign, at: 1000)
        // One that is new amid those from elsewhere, and one that is changed beside one of them.
        content[1500] = random.chunk()
        content.replaceSubrange(100...101, with: [random.chunk(), foreign[0]])
        let step = ListInStep(parent: parent, content: content, elsewhere: Set(foreign.map(\.id)))
        let outcome = try step.run(chunksAtOnce: 100_000)
        #expect(outcome.bases[8000] == [parent[5000]])
        #expect(outcome.bases[100] == Array(parent[100...101]))
    }

    /// All chunks are new, and in step: each gets what was at its place, and not much around it.
    @Test func whatChangedThroughoutIsInStep() throws {
        var random = SeededRandom(seed: 9)
        let parent = random.chunks(1500)
        let content = parent.map { ChunkEntry(id: random.digest(), length: $0.length) }
        let step = ListInStep(parent: parent, content: content, pieceTarget: 128 << 10)
        let outcome = try step.run()
        for (number, entry) in parent.enumerated() { #expect(outcome.bases[number]?.contains(entry) == true) }
        let bytes = content.reduce(0) { $0 + UInt64($1.length) }
        #expect(outcome.chosenBytes < 3 * bytes)
    }

    @Test func whatSharesNothingIsGivenUp() throws {
        var random = SeededRandom(seed: 10)
        let parent = random.chunks(30_000)
        var content = random.chunks(25_000) + parent[25_000...]
        content[28_000] = random.chunk()
        let outcome = try ListInStep(parent: parent, content: content, pieceTarget: 128 << 10).run()
        #expect(outcome.bases[20_000] == [])
        #expect(outcome.chosenBytes < 4 * BaseSelector.patience)
        #expect(outcome.bases[28_000] == [parent[28_000]])
    }

    /// As long as bases are good, it goes on in step however long no chunk is left.
    @Test func whatPaysIsNotGivenUp() throws {
        var random = SeededRandom(seed: 14)
        let parent = random.chunks(25_000)
        let content = parent.map { ChunkEntry(id: random.digest(), length: $0.length) }
        let step = ListInStep(parent: parent, content: content, pieceTarget: 128 << 10, isConfirmed: true)
        let outcome = try step.run()
        for number in stride(from: 0, to: 25_000, by: 100) {
            #expect(outcome.bases[number]?.contains(parent[number]) == true)
        }
        #expect(outcome.held <= Int(step.reach.behind + step.reach.far))
    }

    /// What was appended has nothing in its place; the chunk before it was longer than it is now.
    @Test func whatIsAppendedGetsNoMoreThanWhatEndedThere() throws {
        var random = SeededRandom(seed: 11)
        let parent = random.chunks(1000)
        let content = Array(parent.dropLast()) + random.chunks(400)
        let outcome = try ListInStep(parent: parent, content: content, pieceTarget: 128 << 10).run(chunksAtOnce: 5000)
        #expect(outcome.bases[999] == [parent[999]])
        #expect(outcome.bases[1100] == [])
        #expect(outcome.bases.values.allSatisfy { $0.isEmpty || $0 == [parent[999]] })
    }

    /// Of a long stretch that gave way to few chunks, what was at its beginning and at its end.
    @Test func ofALongGapBothEndsServe() throws {
        var random = SeededRandom(seed: 12)
        let parent = random.chunks(3000)
        let new = random.chunk()
        let content = Array(parent[..<500]) + [new] + parent[2500...]
        let step = ListInStep(parent: parent, content: content, pieceTarget: 128 << 10)
        let bases = try #require(try step.run(chunksAtOnce: 5000).bases[500])
        #expect(bases.first == parent[500] && bases.last == parent[2499])
        #expect(bases.reduce(0) { $0 + Int($1.length) } < 4 * (Int(new.length) + (128 << 10)))
    }

    @Test(arguments: [BaseSelector.Reach.standard, .short])
    func memoryIsBounded(reach: BaseSelector.Reach) throws {
        var random = SeededRandom(seed: 13)
        let parent = random.chunks(100_000)
        let foreign = random.chunks(80_000)
        var content = parent
        content.insert(contentsOf: foreign, at: 50_000)
        let step = ListInStep(
            parent: parent, content: content, elsewhere: Set(foreign.map(\.id)), reach: reach)
        #expect(try step.run().held <= Int(reach.behind + reach.far))
    }
}
