import Backends
import Maintenance
import Primitives
import Repositories
import SeededData
import TemporaryFolders
import TestSupport
import Testing
import Threads

@testable import Snapshots

struct SnapshotRepairTests {
    @Test func soundSnapshotsStay() throws {
        let damaged = try DamagedRepository()
        let report = try damaged.repairSnapshots()
        #expect(report.soundSnapshots == 1 && report.repaired.isEmpty)
        #expect(try damaged.open().snapshots() == [damaged.snapshot])
    }

    /// A prune that was broken off has condemned a pack that snapshots need, and then the pack was found damaged.
    @Test func whatOnlyADamagedPackHoldsThatIsGoingIsStoredAgain() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        _ = try damaged.put(.condemn([pack.id]))
        _ = try damaged.put(.damage([IndexRecord.DamagedPart(pack: pack.id, segment: nil)]))
        #expect(try damaged.check().isDamaged)

        let planned = try damaged.repairSnapshots(isDryRun: true)
        let report = try damaged.repairSnapshots()
        #expect(report.soundSnapshots == 1 && report.repaired.isEmpty)
        #expect(report.chunksStoredAgain > 0 && planned.chunksStoredAgain == report.chunksStoredAgain)
        #expect(try damaged.repairSnapshots().chunksStoredAgain == 0)
        let check = try damaged.check()
        #expect(!check.isDamaged, "\(check.problems)")
        damaged.backend.delete(pack.name)
        let test = try damaged.open()
        #expect(try test.read("db", of: damaged.snapshot) == damaged.bytes)
    }

    private func entry(_ test: TestRepository, _ snapshot: Snapshot, _ name: String) throws -> TreeEntry {
        try #require(try TreeReader(try test.reader()).entry(at: [Array(name.utf8)], below: snapshot.record.root))
    }

    @Test func zerosStandForLostBytesAndAMarkSaysSo() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        damaged.backend.flip(pack.name, at: 500)
        _ = try damaged.check()
        _ = try damaged.repairPacks()
        let planned = try damaged.repairSnapshots(isDryRun: true)
        #expect(planned.repaired.count == 1 && planned.repaired[0].new == nil)
        #expect(try damaged.open().snapshots() == [damaged.snapshot])

        let repaired = try #require(try damaged.repairSnapshots().repaired.first)
        let new = try #require(repaired.new)
        #expect(repaired.losses == planned.repaired[0].losses)
        let lost = UInt64(pack.directory.segments[0].rawLength)
        #expect(repaired.losses.reduce(0) { $0 + $1.lostBytes } == lost)
        #expect(repaired.losses.allSatisfy { $0.path == "/db" })

        let test = try damaged.open()
        #expect(try test.snapshots() == [new])
        #expect(new.record.repair?.of == damaged.snapshot.id && new.record.repair?.lostBytes == lost)
        #expect(new.record.time == damaged.snapshot.record.time && new.record.tags == damaged.snapshot.record.tags)
        let check = try damaged.check()
        #expect(!check.isDamaged, "\(check.problems)")
        #expect(check.problems.contains { $0.severity == .note && $0.object.contains("/db") })

        // Without the user's word no zeros are given out as data.
        let error = failure { try test.read("db", of: new) }
        #expect(error?.kind == .damaged && error?.problem.contains("lost") == true)
        let entry = try entry(test, new, "db")
        var expected = damaged.bytes
        for range in entry.lostRanges {
            for position in range { expected[Int(position)] = 0 }
        }
        let output = Locked<[UInt8]>([])
        let warnings = Locked<[String]>([])
        try DumpRun(
            try test.reader(), width: 2, allowsLost: true, cancellation: Cancellation(),
            warn: { text in warnings.withLock { $0.append(text) } }
        ).write(entry) { bytes throws(VarveError) in output.withLock { $0.append(contentsOf: bytes) } }
        #expect(output.withLock { $0 } == expected)
        #expect(warnings.withLock { $0.count } == 1)

        let target = try TemporaryFolder()
        let restored = try test.restore(new, to: target.path)
        #expect(restored.failures.map(\.path) == ["/db"] && restored.failures[0].isDamage)
        #expect(try target.read("db") == expected)

        // Another repair finds nothing more.
        #expect(try damaged.repairSnapshots().repaired.isEmpty)
    }

    @Test func theNextBackupReadsARepairedFileAgain() throws {
        let source = try TemporaryFolder()
        var random = SeededRandom(seed: 331)
        let content = random.bytes(1 << 20)
        try source.write("file", content)
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend)
        _ = try test.backUp(paths: [source.path])
        let pack = try #require(try backend.list(.data).max { $0.size < $1.size })
        backend.delete(ObjectName(.data, pack.id))
        _ = try IndexRepair(test.repository, setsRecordsAside: false, width: 2, cancellation: Cancellation()).run(
            isDryRun: false)
        let repaired = try SnapshotRepair(
            test.repository, program: "test", width: 2, cancellation: Cancellation()
        ).run(isDryRun: false, forgetsUnreadable: false).repaired
        #expect(repaired.count == 1 && repaired[0].losses.map(\.lostBytes) == [1 << 20])
        let again = try test.backUp(paths: [source.path])
        #expect(again.progress.newBytes >= 1 << 20)
        #expect(try test.read(source.path.display + "/file", of: again.snapshot) == content)
    }

    /// Of a folder whose page is lost the other folders are kept, and it says how many entries it has lost.
    @Test func aLostFolderIsMarked() throws {
        let source = try TemporaryFolder()
        try source.write("a/x", [1, 2, 3])
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend)
        let first = try test.backUp(paths: [source.path]).snapshot
        let before = Set(try backend.names(in: .data))
        try source.write("b/y", [4, 5, 6])
        let second = try test.backUp(paths: [source.path]).snapshot
        // The page of the folder that did not change lies in a pack of the first backup.
        let index = try test.repository.loadIndex()
        let reader = TreeReader(SegmentReader(repository: test.repository, index: index.chunks))
        let path = source.path.components + [Array("a".utf8)]
        let folder = try #require(try reader.entry(at: path, below: second.record.root)?.subtree)
        let location = try #require(index.chunks.usableLocation(of: folder.root))
        let name = ObjectName(.data, index.chunks.pack(location.pack).id)
        #expect(before.contains(name))
        backend.delete(name)

        let report = try SnapshotRepair(
            test.repository, program: "test", width: 2, cancellation: Cancellation()
        ).run(isDryRun: false, forgetsUnreadable: false)
        #expect(report.repaired.count == 2)
        let repairedSecond = try #require(report.repaired.first { $0.old.id == second.id })
        #expect(repairedSecond.losses == [SnapshotLoss(path: "\(source.path.display)/a", extent: .entries(1))])
        let new = try #require(repairedSecond.new)
        #expect(try test.read("\(source.path.display)/b/y", of: new) == [4, 5, 6])
        let entry = try TreeReader(try test.reader()).entry(at: path, below: new.record.root)
        #expect(entry?.lostEntries == 1)
        // Of the first snapshot even the root is lost.
        let empty = try #require(report.repaired.first { $0.old.id == first.id }?.new)
        #expect(empty.record.repair?.lostRootEntries == 1 && empty.record.root.entries == 0)
        let target = try TemporaryFolder()
        let restored = try test.restore(new, path: source.path.display, to: target.path)
        #expect(restored.failures.map(\.path) == ["/a"] && restored.failures.first?.isDamage == true)
        #expect(try target.read("b/y") == [4, 5, 6])
        let nowhere = try TemporaryFolder()
        #expect(try test.restore(empty, to: nowhere.path).failures.map(\.path) == ["/"])
    }

    /// A list node that is lost takes its range with it, and no other.
    @Test func aLostListNodeIsARange() throws {
        let damaged = try DamagedRepository()
        let part = try damaged.listSegment()
        _ = try damaged.put(.damage([part]))
        damaged.backend.flip(ObjectName(.data, part.pack), at: Int(try #require(part.segment)) + 12)
        let repaired = try #require(try damaged.repairSnapshots().repaired.first)
        #expect(repaired.losses == [SnapshotLoss(path: "/db", extent: .bytes(0..<UInt64(damaged.bytes.count)))])
        #expect(!(try damaged.check().isDamaged))
        // The backup needs nothing but the list again: all data is known.
        let again = try damaged.open().backUp("db", damaged.bytes)
        #expect(again.progress.newBytes == 0)
        #expect(try damaged.open().read("db", of: again.snapshot) == damaged.bytes)
    }

    @Test func aSnapshotThatCannotBeReadIsSetAsideWhenAskedFor() throws {
        let damaged = try DamagedRepository()
        let second = try damaged.open().backUp("b", [1, 2, 3]).snapshot
        let name = ObjectName(.snapshots, damaged.snapshot.id)
        damaged.backend.flip(name, at: 140)
        let report = try damaged.repairSnapshots()
        #expect(report.unreadableSnapshots.count == 1 && report.snapshotsSetAside.isEmpty)
        #expect(try damaged.check().isDamaged)
        let forced = try damaged.repairSnapshots(forgetsUnreadable: true)
        #expect(forced.snapshotsSetAside.count == 1 && forced.unreadableSnapshots.isEmpty)
        #expect(Array(damaged.backend.objectsSetAside.keys) == [name])
        #expect(try damaged.open().snapshots() == [second])
        #expect(!(try damaged.check().isDamaged))
    }

    /// Whatever operation fails, a snapshot with all that can be had is there, and another run comes to the end.
    @Test(arguments: [FaultyBackend.Fault.fail, .failAfterwards]) func aFailureAnywhereLosesNothing(
        fault: FaultyBackend.Fault
    ) throws {
        let original = MemoryBackend()
        let test = try TestRepository.make(at: original)
        _ = try test.backUp([TestRepository.stream("kept", [1, 2, 3])])
        let lost = try test.backUp([
            TestRepository.stream("kept", [1, 2, 3]), TestRepository.stream("lost", [4, 5, 6]),
        ]).snapshot
        let index = try test.repository.loadIndex()
        let entry = try #require(
            try TreeReader(try test.reader()).entry(at: [Array("lost".utf8)], below: lost.record.root))
        guard case .chunk(let id, _) = try #require(entry.content) else { return }
        let location = try #require(index.chunks.usableLocation(of: id))
        original.delete(ObjectName(.data, index.chunks.pack(location.pack).id))
        for number in 0..<200 {
            let backend = try original.copy()
            let faulty = FaultyBackend(backend)
            let test = try TestRepository.open(faulty)
            faulty.setRule { _, count in count == number ? fault : .none }
            func repair() throws -> SnapshotRepairReport {
                try SnapshotRepair(test.repository, program: "test", width: 1, cancellation: Cancellation()).run(
                    isDryRun: false, forgetsUnreadable: false)
            }
            let failure = failure { try repair() }
            faulty.setRule { _, _ in .none }
            for snapshot in try test.snapshots() {
                #expect(try test.read("kept", of: snapshot) == [1, 2, 3], "operation \(number)")
            }
            _ = try repair()
            let snapshots = try test.snapshots()
            #expect(snapshots.count >= 2, "operation \(number)")
            #expect(try repair().repaired.isEmpty)
            #expect(snapshots.contains { $0.record.repair?.of == lost.id })
            if failure == nil { return }
        }
        Issue.record("the repair never came to its end")
    }

    @Test func rangesAreJoinedInOrder() {
        let union = TreeRepair.union([20..<30, 0..<5, 5..<7, 25..<40, 50..<51])
        #expect(union == [0..<7, 20..<40, 50..<51])
        #expect(TreeRepair.union([]) == [])
    }
}
