import Backends
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

struct IndexRepairTests {
    private func indexObjects(_ damaged: DamagedRepository) throws -> [ObjectName] {
        let records = try damaged.records()
        return try damaged.backend.names(in: .index).filter { !records.contains($0) }
    }

    @Test func aWholeIndexStaysAsItIs() throws {
        let damaged = try DamagedRepository()
        _ = try damaged.put(.void([.zero]))
        let before = try damaged.backend.names(in: .index)
        let report = try damaged.repairIndex()
        #expect(report.isUnchanged && report.packs > 2 && report.missingPacks == [])
        #expect(try damaged.backend.names(in: .index) == before)
    }

    @Test func withoutIndexObjectsItIsBuiltFromThePacksAlone() throws {
        let damaged = try DamagedRepository()
        let live = try damaged.indexedPacks()
        let packs = try damaged.packs().map(\.id)
        let records: Set<ObjectName> = [
            try damaged.put(.condemn([Digest(7, 7, 7, 7)])), try damaged.put(.void([.zero])),
            try damaged.put(.forget([.init(name: Digest(8, 8, 8, 8), writer: .zero, sequence: 1, original: nil)])),
            try damaged.put(.damage([.init(pack: packs[0], segment: 128)])),
        ]
        for name in try indexObjects(damaged) { damaged.backend.delete(name) }
        let planned = try damaged.repairIndex(isDryRun: true)
        #expect(try damaged.indexedPacks() == [])
        let report = try damaged.repairIndex()
        #expect(report.namedPacks == live.map(\.id).sorted() && report.namedPacks == planned.namedPacks)
        #expect(try damaged.indexedPacks() == live)
        #expect(try damaged.records() == records)
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    @Test(arguments: [20, 130, 300]) func anUnreadableIndexObjectIsSetAside(position: Int) throws {
        let damaged = try DamagedRepository()
        let live = try damaged.indexedPacks()
        for name in try indexObjects(damaged) { damaged.backend.flip(name, at: position) }
        let names = try damaged.backend.names(in: .index)
        #expect(try damaged.check().isDamaged)
        let first = try damaged.repairIndex()
        // Where the header itself is damaged, nobody knows that it is no record.
        if position < 128 {
            #expect(first.unreadableObjects.count == names.count && first.objectsSetAside.isEmpty)
            #expect(try damaged.repairIndex(setsRecordsAside: true).objectsSetAside.count == names.count)
        } else {
            #expect(first.objectsSetAside.count == names.count && first.unreadableObjects.isEmpty)
        }
        #expect(Set(damaged.backend.objectsSetAside.keys) == Set(names))
        #expect(try damaged.indexedPacks() == live)
        let check = try damaged.check()
        #expect(check.problems == [])
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    @Test func anUnreadableRecordStaysUntilItIsAskedFor() throws {
        let damaged = try DamagedRepository()
        let record = try damaged.put(.condemn([Digest(7, 7, 7, 7)]))
        damaged.backend.flip(record, at: 140)
        let report = try damaged.repairIndex()
        #expect(report.unreadableObjects.count == 1 && report.objectsSetAside.isEmpty)
        #expect(try damaged.backend.names(in: .index).contains(record))
        let second = try damaged.repairIndex(setsRecordsAside: true)
        #expect(second.objectsSetAside.count == 1 && second.unreadableObjects.isEmpty)
        #expect(damaged.backend.objectsSetAside.keys.contains(record))
        #expect(try damaged.check().problems == [])
    }

    @Test func aMissingPackLeavesTheIndexAfterTheBackupThatStoredItAgain() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        damaged.backend.delete(pack.name)
        _ = try damaged.open().backUp("db", damaged.bytes)
        #expect(try damaged.check().isDamaged)
        let report = try damaged.repairIndex()
        #expect(report.missingPacks == [pack.id])
        #expect(try damaged.check().problems == [])
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    /// Condemned packs that are still there may hold what a snapshot needs until a prune has rescued it.
    @Test func condemnedPacksThatAreThereStayNamed() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        _ = try damaged.put(.condemn([pack.id]))
        for name in try indexObjects(damaged) { damaged.backend.delete(name) }
        _ = try damaged.repairIndex()
        #expect(try damaged.indexedPacks().contains(pack))
        #expect(try damaged.open().repository.loadIndex().condemned == [pack.id])
    }

    @Test func anEmptyListingOfPacksChangesNothing() throws {
        let damaged = try DamagedRepository()
        for name in try damaged.backend.names(in: .data) { damaged.backend.delete(name) }
        let before = try damaged.backend.names(in: .index)
        #expect(failure { try damaged.repairIndex() }?.kind == .damaged)
        #expect(try damaged.backend.names(in: .index) == before)
    }

    /// Whatever operation fails, nothing that was readable before is not afterwards, and another run comes to the end.
    @Test func aFailureAnywhereLosesNothing() throws {
        let original = try DamagedRepository()
        let needed = Set(try original.packs(.metadataPack).map(\.id))
        _ = try original.open().backUp("more", original.bytes.reversed())
        let objects = try indexObjects(original)
        original.backend.flip(objects[0], at: 140)
        let other = try original.packs(.metadataPack).first { !needed.contains($0.id) }
        original.backend.delete(try #require(other).name)
        for number in 0..<400 {
            let backend = try original.backend.copy()
            let faulty = FaultyBackend(backend)
            let test = try TestRepository.open(faulty)
            faulty.setRule { _, count in count == number ? .fail : .none }
            func repair() throws {
                _ = try IndexRepair(
                    test.repository, setsRecordsAside: false, width: 1, cancellation: Cancellation()
                ).run(isDryRun: false)
            }
            let failure = failure { try repair() }
            faulty.setRule { _, _ in .none }
            #expect(try test.read("db", of: original.snapshot) == original.bytes, "operation \(number)")
            try repair()
            #expect(try test.read("db", of: original.snapshot) == original.bytes)
            if failure == nil { return }
        }
        Issue.record("the repair never came to its end")
    }
}
