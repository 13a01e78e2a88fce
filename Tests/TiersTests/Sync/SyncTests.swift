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

struct SyncTests {
    private var random = SeededRandom(seed: 1)

    @Test(arguments: [true, false]) func everythingIsCopiedOnce(_ isEncrypted: Bool) throws {
        var random = random
        let source = try Place.make(isEncrypted: isEncrypted)
        var bytes = random.text(2_000_000)
        for number in 0..<3 {
            try source.backUp("db", bytes, tags: ["n\(number)"])
            bytes = random.edit(bytes)
        }
        let destination = try source.makeTier()
        let report = try sync(source, destination)
        #expect(report.isFamily && report.copies.count == 3 && report.failed.isEmpty)
        // Every pack is needed whole: they travel as they are.
        #expect(try destination.packs() == source.packs())
        #expect(report.figures.segments == 0 && report.figures.newPacks == 0)
        #expect(report.figures.packs == (try source.packs().count))
        #expect(try contents(of: destination) == contents(of: source))
        #expect(try destination.damage() == [] && source.damage() == [])
        for (copy, original) in zip(try destination.snapshots(), try source.snapshots()) {
            #expect(copy.id != original.id && copy.record.original == original.id)
            #expect(copy.record.tags == original.record.tags && copy.record.time == original.record.time)
            #expect(copy.record.root == original.record.root)
        }
        #expect(try source.backend.list(.locks).isEmpty && destination.backend.list(.locks).isEmpty)
        let before = try destination.backend.names(in: .index)
        let again = try sync(source, destination)
        #expect(again.copies.isEmpty && again.selection.present.count == 3 && again.figures.packs == 0)
        #expect(try destination.backend.names(in: .index) == before)
    }

    @Test func theDestinationStandsAlone() throws {
        var random = random
        let source = try Place.make()
        let bytes = random.text(500_000)
        try source.backUp("db", bytes)
        let destination = try source.makeTier()
        try sync(source, destination)
        // A backup there knows what came by a sync, and a prune there has nothing to do.
        let packs = try destination.packs().count
        let result = try destination.test().backUp("db", bytes)
        #expect(result.progress.newBytes == 0)
        #expect(try destination.packs().count <= packs + 1)
        try destination.prune()
        #expect(try destination.damage() == [])
        #expect(try contents(of: destination).values.allSatisfy { $0 == bytes })
    }

    @Test func onlyWhatTheChosenSnapshotsNeedIsCopied() throws {
        var random = random
        let source = try Place.make()
        try source.backUp("a", random.text(1_500_000))
        let wanted = try source.backUp("b", random.text(1_500_000))
        let destination = try source.makeTier()
        let report = try sync(source, destination) { $0.names = [wanted.id.hex] }
        #expect(report.copies.map(\.original.id) == [wanted.id])
        #expect(try destination.packs().count < source.packs().count)
        #expect(try contents(of: destination)[wanted.id] == source.read("b", of: wanted))
        #expect(try destination.damage() == [])
    }

    @Test func filtersAndPoliciesChoose() throws {
        var random = random
        let source = try Place.make()
        for number in 0..<4 { try source.backUp("db", random.text(50_000), tags: number == 1 ? ["release"] : []) }
        let destination = try source.makeTier()
        let all = try source.snapshots()
        let tagged = try sync(source, destination) { $0.filter.tags = ["release"] }
        #expect(tagged.copies.map(\.original.id) == [all[1].id])
        let newest = try sync(source, destination) { request in
            var policy = RetentionPolicy()
            policy.last = .newest(1)
            request.policy = policy
        }
        #expect(newest.copies.map(\.original.id) == [all[3].id])
        #expect(newest.selection.notKept.map(\.id) == [all[0].id, all[1].id, all[2].id])
        #expect(failure { try sync(source, destination) { $0.filter.tags = ["relaese"] } }?.kind == .usage)
        #expect(failure { try sync(source, destination) { $0.filter.host = "nobody" } }?.kind == .notFound)
    }

    @Test func whatWasForgottenThereIsNotCopiedAgain() throws {
        var random = random
        let source = try Place.make()
        let old = try source.backUp("db", random.text(80_000))
        let new = try source.backUp("db", random.text(80_000))
        let destination = try source.makeTier()
        try sync(source, destination)
        try destination.forget(try destination.snapshots().filter { $0.record.original == old.id })
        try destination.prune()
        let report = try sync(source, destination)
        #expect(report.copies.isEmpty && report.selection.forgotten.map(\.id) == [old.id])
        #expect(try destination.snapshots().map(\.record.original) == [new.id])
        // Records are put together, and say the same.
        try source.backUp("db", random.text(80_000))
        try sync(source, destination)
        try destination.forget([try #require(try destination.snapshots().last)])
        try destination.prune()
        #expect(try sync(source, destination).selection.forgotten.count == 2)
        // What is named is meant.
        let named = try sync(source, destination) { $0.names = [old.id.hex] }
        #expect(named.copies.map(\.original.id) == [old.id])
        #expect(try contents(of: destination)[old.id] == source.read("db", of: old))
        #expect(try destination.damage() == [])
    }

    @Test func whatTheSourceForgotIsNotBroughtBack() throws {
        var random = random
        let source = try Place.make()
        let old = try source.backUp("db", random.text(80_000))
        try source.backUp("db", random.text(80_000))
        let destination = try source.makeTier()
        try sync(source, destination)
        try source.forget([old])
        try source.prune()
        // Forgetting here takes nothing away there, and a sync back brings nothing.
        #expect(try sync(source, destination).copies.isEmpty)
        #expect(try destination.snapshots().count == 2)
        let back = try sync(destination, source)
        #expect(back.copies.isEmpty && back.selection.forgotten.map(\.record.original) == [old.id])
        let named = try sync(destination, source) { request in
            request.names = [(try? destination.snapshots().first?.id.hex) ?? ""]
        }
        #expect(named.copies.count == 1)
        #expect(try source.snapshots().contains { $0.record.original == old.id })
        #expect(try source.damage() == [])
    }

    @Test func aSnapshotWithOtherTagsIsTheSame() throws {
        var random = random
        let source = try Place.make()
        let old = try source.backUp("db", random.text(60_000))
        let destination = try source.makeTier()
        try sync(source, destination)
        let tagging = TagRun(
            try source.test().repository, .edit(add: ["gold"], remove: []), width: 2, cancellation: Cancellation())
        let tagged = try #require(try tagging.run(old)).snapshot
        #expect(try sync(source, destination).selection.present.map(\.id) == [tagged.id])
        // Tagging is no forgetting.
        let third = try source.makeTier()
        #expect(try sync(source, third).copies.count == 1)
        #expect(try third.snapshots().map(\.record.tags) == [["gold"]])
        let copy = try #require(try third.snapshots().first)
        let retagging = TagRun(
            try third.test().repository, .edit(add: [], remove: ["gold"]), width: 2, cancellation: Cancellation())
        _ = try retagging.run(copy)
        #expect(try sync(source, third).selection.present.count == 1)
        #expect(try third.snapshots().map(\.record.original) == [old.id])
    }

    @Test func aVoidCopyIsNoForgottenOne() throws {
        var random = random
        let source = try Place.make()
        let snapshot = try source.backUp("db", random.text(60_000))
        let destination = try source.makeTier()
        try sync(source, destination)
        let copy = try #require(try destination.snapshots().first)
        try destination.test().repository.putRecord(.void([copy.session]))
        try destination.prune()
        #expect(try destination.snapshots().isEmpty)
        #expect(try sync(source, destination).copies.map(\.original.id) == [snapshot.id])
        #expect(try destination.damage() == [])
    }

    @Test func keysOfARotationGoAlong() throws {
        var random = random
        let source = try Place.make()
        try source.backUp("db", random.text(60_000))
        let destination = try source.makeTier()
        try sync(source, destination)
        _ = try source.test().repository.rotateMasterKey()
        try source.backUp("db", random.text(60_000))
        let report = try sync(source, destination)
        #expect(report.keyrings == 1 && report.copies.count == 1)
        #expect(try contents(of: destination) == contents(of: source))
        #expect(try destination.damage() == [])
        #expect(try destination.test().repository.listMasterKeys().count == 2)
        // Each place keeps its own slots.
        #expect(try destination.test().repository.listKeySlots().count == 1)
    }

    @Test func aDryRunWritesNothing() throws {
        var random = random
        let source = try Place.make()
        try source.backUp("db", random.text(900_000))
        let destination = try source.makeTier()
        let report = try sync(source, destination, isDryRun: true)
        #expect(report.selection.copied.count == 1 && report.copies.isEmpty)
        #expect(report.plan?.whole.map(\.id) == (try source.packs().map(\.id)))
        for folder in [StorageFolder.data, .index, .snapshots, .locks] {
            #expect(try destination.backend.list(folder).isEmpty)
        }
    }

    @Test func aPlaceIsNotCopiedToItself() throws {
        let source = try Place.make()
        #expect(failure { try sync(source, source) }?.kind == .usage)
    }

    @Test func aDamagedIndexThereEndsIt() throws {
        var random = random
        let source = try Place.make()
        try source.backUp("db", random.text(60_000))
        let destination = try source.makeTier()
        try sync(source, destination)
        try source.backUp("db", random.text(60_000))
        destination.backend.flip(try destination.backend.names(in: .index)[0], at: 200)
        #expect(failure { try sync(source, destination) }?.kind == .damaged)
    }

    @Test func aSyncIsMarkedAsReaderAndWriter() throws {
        var random = random
        let source = try Place.make()
        try source.backUp("db", random.text(60_000))
        let destination = try source.makeTier()
        let far = FaultyBackend(destination.backend)
        let anchors = Locked<[Int]>([])
        far.watch { operation, _ in
            guard operation == .put(.data) else { return }
            anchors.withLock { $0.append(((try? source.backend.list(.locks).count) ?? 0)) }
        }
        try sync(source, destination, through: far)
        #expect(anchors.withLock { $0 }.allSatisfy { $0 == 1 } && !anchors.withLock { $0 }.isEmpty)
    }
}
