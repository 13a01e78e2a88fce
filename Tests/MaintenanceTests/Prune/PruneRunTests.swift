import Backends
import Maintenance
import Packing
import Primitives
import Repositories
import Snapshots
import TestSupport
import Testing
import Threads

/// A prune alone with a repository.
struct PruneRunTests {
    @Test(arguments: [true, false]) func whatNoSnapshotNeedsGoes(isEncrypted: Bool) throws {
        let fixture = try PruneFixture(isEncrypted: isEncrypted)
        let first = try fixture.backUp("db", Parts.of(0, 1, 2))
        let second = try fixture.backUp("db", Parts.of(1, 3, 2))
        let third = try fixture.backUp("other", Parts.of(4))
        let before = try fixture.backend.list(.data).reduce(0) { $0 + $1.size }
        // Nothing is unused yet.
        #expect(try fixture.prune().deletedPacks == 0)
        try fixture.forget(first, third)

        let plan = try #require(try fixture.run().plan().plan)
        #expect(!plan.removed.isEmpty && !plan.repacked.isEmpty)
        let names = try StorageFolder.allCases.flatMap { try fixture.backend.names(in: $0) }
        #expect(names == (try StorageFolder.allCases.flatMap { try fixture.backend.names(in: $0) }))

        let report = try fixture.prune()
        #expect(report.deletedPacks == plan.victims.count)
        #expect(report.writtenPacks > 0 && report.replacedIndexObjects > 0)
        let after = try fixture.backend.list(.data).reduce(0) { $0 + $1.size }
        #expect(before - after == report.deletedBytes - report.writtenBytes)
        #expect(after < before)
        try fixture.check()
        #expect(try fixture.read("db", of: second) == Parts.of(1, 3, 2))
        try fixture.expectNothingUnused()
        #expect(try fixture.prune().deletedPacks == 0)
        // What went can come again.
        let again = try fixture.backUp("db", Parts.of(0, 4))
        #expect(try fixture.read("db", of: again) == Parts.of(0, 4))
        try fixture.check()
    }

    @Test func allMayGoIfItWasForgotten() throws {
        let fixture = try PruneFixture()
        let first = try fixture.backUp("db", Parts.of(0))
        let second = try fixture.backUp("db", Parts.of(1))
        try fixture.forget(first, second)
        try fixture.prune()
        #expect(try fixture.backend.names(in: .data).isEmpty)
        try fixture.expectNothingUnused()
    }

    /// With a tolerance no more than it is left, and with none at all only whole packs go.
    @Test func thePolicyDecides() throws {
        let fixture = try PruneFixture()
        let first = try fixture.backUp("db", Parts.of(0, 1, 2, 3))
        let second = try fixture.backUp("db", Parts.of(1))
        try fixture.forget(first)
        let lazy = try fixture.copy()
        #expect(try lazy.prune(maxUnused: .unlimited).writtenPacks == 0)
        #expect(try lazy.read("db", of: second) == Parts.of(1))
        try lazy.check()
        let report = try fixture.prune(maxUnused: .percent(10))
        let plan = try #require(try fixture.run(maxUnused: .unlimited).plan().plan)
        #expect(plan.remainingUnusedBytes * 10 <= plan.usedBytes + plan.remainingUnusedBytes)
        #expect(report.writtenPacks > 0)
        try fixture.check()
    }

    /// To find what is needed no data is read.
    @Test func dataPacksAreReadOnlyWhereTheyAreWrittenAnew() throws {
        let fixture = try PruneFixture()
        let first = try fixture.backUp("db", Parts.of(0, 1))
        try fixture.backUp("db", Parts.of(2, 3))
        try fixture.forget(first)
        let dataPacks = Set(
            try fixture.backend.names(in: .data).filter {
                try fixture.backend.read($0)[10] == ObjectType.dataPack.rawValue
            })
        let faulty = FaultyBackend(fixture.backend)
        let reads = Locked(0)
        faulty.watch { operation, name in
            if operation == .read(.data), dataPacks.contains(name) { reads.withLock { $0 += 1 } }
        }
        let report = try fixture.prune(through: faulty, maxUnused: .unlimited)
        #expect(report.deletedPacks > 0)
        #expect(reads.withLock { $0 } == 0)
        try fixture.check()
    }

    /// A backup every hour leaves tiny packs, and a prune puts them together; then there is nothing more to do.
    @Test func manySmallPacksBecomeOne() throws {
        let fixture = try PruneFixture()
        var snapshots: [Snapshot] = []
        for hour in 0..<34 {
            snapshots.append(try fixture.backUp("s\(hour)", Array("hour \(hour)".utf8)))
        }
        #expect(try fixture.backend.names(in: .data).count == 68)
        try fixture.prune()
        #expect(try fixture.backend.names(in: .data).count == 2)
        let index = try fixture.test().repository.loadIndex()
        #expect(index.objects.count - index.records.values.reduce(0) { $0 + $1.count } == 1)
        for (hour, snapshot) in snapshots.enumerated() {
            #expect(try fixture.read("s\(hour)", of: snapshot) == Array("hour \(hour)".utf8))
        }
        #expect(try fixture.prune().deletedPacks == 0)
        try fixture.check()
        try fixture.expectNothingUnused()
    }

    /// Prune after prune, `index/` does not grow.
    @Test func recordsArePutTogether() throws {
        let fixture = try PruneFixture()
        var last = try fixture.backUp("db", Parts.of(0))
        var condemned: Set<Digest> = []
        for round in 1..<5 {
            let next = try fixture.backUp("db", Parts.of(round))
            try fixture.forget(last)
            last = next
            try fixture.prune()
            let index = try fixture.test().repository.loadIndex()
            #expect(index.condemned.isStrictSuperset(of: condemned))
            condemned = index.condemned
            #expect(index.records[.condemnRecord]?.count == 1)
            #expect(index.records[.forgetRecord]?.count == 1)
            #expect(index.forgotten.count == round)
        }
    }

    /// What an index object that was lost had named is needed all the same, and is found by what packs say of themselves.
    @Test func packsThatNoIndexNamesAreAdoptedOrDeleted() throws {
        let fixture = try PruneFixture()
        let first = try fixture.backUp("db", Parts.of(0))
        let before = Set(try fixture.backend.names(in: .index))
        let second = try fixture.backUp("db", Parts.of(1))
        let lost = try fixture.backend.names(in: .index).filter { !before.contains($0) }
        for name in lost { fixture.backend.delete(name) }
        let third = try fixture.copy()
        let report = try fixture.prune()
        #expect(report.adoptedPacks == 2 && report.deletedPacks == 0)
        #expect(try fixture.read("db", of: second) == Parts.of(1))
        try fixture.check()
        try fixture.expectNothingUnused()

        try third.forget(second)
        #expect(try third.prune().deletedPacks == 2)
        #expect(try third.read("db", of: first) == Parts.of(0))
        try third.check()
        try third.expectNothingUnused()
    }
}
