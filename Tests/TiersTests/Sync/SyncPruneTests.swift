import Backends
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Tiers

/// Syncs of places that are pruned: before, on their own, and at the same time.
struct SyncPruneTests {
    /// A source with two snapshots, of which the second shares most of the first, and its tier.
    private func places(_ seed: UInt64) throws -> (source: Place, destination: Place, snapshots: [Snapshot]) {
        var random = SeededRandom(seed: seed)
        let source = try Place.make()
        let bytes = random.text(2_500_000)
        let first = try source.backUp("db", bytes)
        let second = try source.backUp("db", random.edit(bytes))
        return (source, try source.makeTier(), [first, second])
    }

    @Test func aNameThatWasCondemnedThereIsNeverPutAgain() throws {
        let (source, destination, snapshots) = try places(1)
        let packs = try Set(source.packs().map(\.id))
        let repository = try destination.test().repository
        try repository.putRecord(.condemn(packs.sorted()))
        let report = try sync(source, destination)
        #expect(report.copies.count == 2 && report.figures.packs == 0 && report.figures.newPacks > 0)
        #expect(try packs.isDisjoint(with: destination.packs().map(\.id)))
        #expect(try contents(of: destination) == contents(of: source))
        #expect(try destination.damage() == [])
        #expect(snapshots.count == report.copies.count)
    }

    @Test func whatTheDestinationHasElsewhereIsNotCopiedForIt() throws {
        // The destination forgot the first snapshot and repacked: its chunks are in packs of its own.
        let (source, destination, snapshots) = try places(2)
        try sync(source, destination)
        try destination.forget(try destination.snapshots().filter { $0.record.original == snapshots[0].id })
        try destination.prune()
        var random = SeededRandom(seed: 3)
        let last = try source.backUp("db", random.edit(try source.read("db", of: snapshots[1])))
        let before = try destination.packs().reduce(0) { $0 + (try destination.backend.read($1).count) }
        let report = try sync(source, destination)
        #expect(report.copies.map(\.original.id) == [last.id])
        let after = try destination.packs().reduce(0) { $0 + (try destination.backend.read($1).count) }
        #expect(after - before < 600_000)
        #expect(try contents(of: destination)[last.id] == source.read("db", of: last))
        #expect(try destination.damage() == [])
    }

    @Test func ofAPackThatIsMostlyDeadOnlyWhatLivesIsCopied() throws {
        var random = SeededRandom(seed: 4)
        let source = try Place.make()
        let kept = random.text(150_000)
        let streams = try [TestRepository.stream("a", kept), TestRepository.stream("b", random.bytes(6_000_000))]
        let both = try source.test().backUp(streams).snapshot
        let small = try source.backUp("a", kept)
        try source.forget([both])
        let destination = try source.makeTier()
        let report = try sync(source, destination)
        #expect(report.copies.map(\.original.id) == [small.id])
        #expect(report.figures.segments > 0)
        let stored = try destination.packs().reduce(0) { $0 + (try destination.backend.read($1).count) }
        #expect(stored < 1_500_000)
        #expect(try contents(of: destination)[small.id] == kept)
        #expect(try destination.damage() == [])
    }

    @Test func theSourceMayBePrunedMeanwhile() throws {
        let (source, destination, snapshots) = try places(5)
        try source.forget([snapshots[0]])
        let near = FaultyBackend(source.backend)
        let pruned = Counter()
        near.watch { operation, _ in
            guard operation == .read(.data), pruned.next() == 3 else { return }
            // The prune takes the sync for dead, and deletes what it was about to read.
            try? source.prune()
        }
        let report = try sync(source, destination, sourceThrough: near)
        #expect(report.failed.isEmpty && report.copies.map(\.original.id) == [snapshots[1].id])
        #expect(try contents(of: destination) == contents(of: source))
        #expect(try destination.damage() == [] && source.damage() == [])
    }

    @Test(arguments: 0..<12) func theDestinationMayBePrunedAtAnyMoment(_ moment: Int) throws {
        let (source, destination, _) = try places(6)
        try destination.backUp("own", Array(repeating: 7, count: 100_000))
        try destination.forget(try destination.snapshots())
        let far = FaultyBackend(destination.backend)
        let count = Counter()
        far.watch { _, _ in
            guard count.next() == 1 + moment * 3 else { return }
            try? destination.prune()
        }
        let report = try sync(source, destination, through: far)
        #expect(report.failed.isEmpty && report.copies.count == 2)
        #expect(try contents(of: destination) == contents(of: source))
        try destination.prune()
        #expect(try destination.damage() == [])
        #expect(try contents(of: destination) == contents(of: source))
    }

    @Test(arguments: 0..<12) func theHardestPruneLosesNothing(_ moment: Int) throws {
        let (source, destination, _) = try places(7)
        let far = FaultyBackend(destination.backend)
        let count = Counter()
        let pruner = try destination.test()
        far.watch { _, _ in
            guard count.next() == 1 + moment * 2 else { return }
            pruner.endSessionsAndCondemnAll(in: destination.backend)
        }
        let report = try sync(source, destination, through: far)
        #expect(report.failed.isEmpty && report.copies.count == 2)
        #expect(try contents(of: destination) == contents(of: source))
        try destination.prune()
        #expect(try destination.damage() == [])
        #expect(try contents(of: destination) == contents(of: source))
    }

    @Test func twoSyncsAtOnceAreOneTooMany() throws {
        let (source, destination, _) = try places(8)
        let far = FaultyBackend(destination.backend)
        let puts = Counter()
        far.watch { operation, _ in
            guard operation == .put(.index), puts.next() == 1 else { return }
            _ = try? sync(source, destination)
        }
        _ = try sync(source, destination, through: far)
        #expect(Set(try destination.snapshots().map(\.origin)).count == 2)
        #expect(try contents(of: destination) == contents(of: source))
        #expect(try destination.damage() == [])
        try destination.prune()
        #expect(try destination.damage() == [])
    }
}
