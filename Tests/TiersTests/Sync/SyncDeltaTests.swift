import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Tiers

/// Syncs of what is stored as deltas.
struct SyncDeltaTests {
    /// A place with some versions of a stream, each a delta against the first.
    private func source(_ seed: UInt64, versions: Int) throws -> (place: Place, snapshots: [Snapshot]) {
        var random = SeededRandom(seed: seed)
        let place = try Place.make()
        var bytes = random.text(1_500_000)
        var snapshots = [try place.backUp("db", bytes)]
        for _ in 1..<versions {
            for start in stride(from: 0, to: bytes.count - 30_000, by: 30_000) {
                bytes[start + Int(random.next() % 30_000)] ^= 1
            }
            snapshots.append(try place.backUp("db", bytes))
        }
        #expect(snapshots.dropFirst().allSatisfy { ($0.record.summary.savedBytes ?? 0) > 0 })
        return (place, snapshots)
    }

    private func storedBytes(_ place: Place) throws -> UInt64 {
        try place.backend.list(.data).reduce(0) { $0 + $1.size }
    }

    @Test func deltasTravelAsTheyAre() throws {
        let (source, snapshots) = try source(61, versions: 1)
        let destination = try source.makeTier()
        try sync(source, destination)
        var bytes = try source.read("db", of: snapshots[0])
        for version in 1...4 {
            for start in stride(from: version * 100, to: bytes.count, by: 20_000) { bytes[start] ^= 1 }
            let before = try storedBytes(source)
            try source.backUp("db", bytes)
            let report = try sync(source, destination)
            #expect(report.figures.packBytes == (try storedBytes(source)) - before, "version \(version)")
            #expect(report.figures.segments == 0 && report.figures.newPacks == 0)
        }
        #expect(try destination.packs() == source.packs())
        #expect(try contents(of: destination) == contents(of: source))
        #expect(try destination.damage() == [])
    }

    @Test func theBasesOfOneSnapshotComeAlong() throws {
        let (source, snapshots) = try source(62, versions: 4)
        let destination = try source.makeTier()
        let report = try sync(source, destination) { $0.names = [snapshots[3].id.hex] }
        #expect(report.copies.count == 1 && report.failed.isEmpty)
        #expect(try contents(of: destination)[snapshots[3].id] == source.read("db", of: snapshots[3]))
        #expect(try destination.damage() == [])
        // Less than what two versions take whole.
        #expect(try storedBytes(destination) < 2 * snapshots[0].record.summary.storedBytes)
        try destination.prune()
        #expect(try destination.damage() == [])
        #expect(try contents(of: destination)[snapshots[3].id] == source.read("db", of: snapshots[3]))
        // What was left out may follow.
        try sync(source, destination)
        #expect(try contents(of: destination) == contents(of: source))
        #expect(try destination.damage() == [])
    }

    @Test func afterPrunesAtBothPlacesItGoesOn() throws {
        var (source, snapshots) = try source(63, versions: 5)
        let destination = try source.makeTier()
        try sync(source, destination)
        try destination.forget(try destination.snapshots().filter { $0.record.original != snapshots[4].id })
        try destination.prune()
        #expect(try destination.damage() == [])
        try source.forget([snapshots[0], snapshots[2]])
        try source.prune()
        var bytes = try source.read("db", of: snapshots[4])
        for start in stride(from: 7, to: bytes.count, by: 25_000) { bytes[start] ^= 1 }
        snapshots.append(try source.backUp("db", bytes))
        let report = try sync(source, destination)
        #expect(report.copies.map(\.original.id) == [snapshots[5].id])
        #expect(try contents(of: destination)[snapshots[5].id] == bytes)
        #expect(try destination.damage() == [])
    }

    @Test func aDeltaWhoseBaseIsLostIsNotCalledCopied() throws {
        let (source, snapshots) = try source(64, versions: 1)
        let packs = try source.packs()
        var bytes = try source.read("db", of: snapshots[0])
        for start in stride(from: 0, to: bytes.count, by: 5_000) { bytes[start] ^= 1 }
        let delta = try source.backUp("db", bytes)
        #expect((delta.record.summary.savedBytes ?? 0) > 0)
        for pack in packs { source.backend.flip(pack, at: 700) }
        let destination = try source.makeTier()
        let report = try sync(source, destination)
        #expect(report.copies.isEmpty)
        #expect(Set(report.failed.map(\.snapshot.id)) == [snapshots[0].id, delta.id])
        #expect(try destination.snapshots().isEmpty)
        #expect(try destination.damage() == [])
    }

    /// What is a base here is a delta there: what is compressed against it here is stored plainly there, and no delta hangs on a delta.
    @Test func aBaseThatIsADeltaThereIsNoBaseThere() throws {
        var random = SeededRandom(seed: 66)
        let source = try Place.make()
        let destination = try source.makeTier()
        var bytes = random.text(1_500_000)
        func change(_ first: Int) {
            for start in stride(from: first, to: bytes.count, by: 30_000) { bytes[start] ^= 1 }
        }
        try destination.backUp("db", bytes)
        change(10)
        let there = try destination.backUp("db", bytes)
        try source.backUp("db", bytes)
        change(20)
        let here = try source.backUp("db", bytes)
        #expect((there.record.summary.savedBytes ?? 0) > 0 && (here.record.summary.savedBytes ?? 0) > 0)
        let report = try sync(source, destination)
        #expect(report.failed.isEmpty && report.figures.newPacks > 0)
        #expect(try contents(of: destination)[here.id] == bytes)
        #expect(try destination.damage() == [])
        let index = try destination.test().repository.loadIndex().chunks
        for pack in try destination.backend.list(.data) {
            let record = try destination.test().repository.readPackRecord(pack.id, size: pack.size)
            let bases = record.directory.segments.flatMap(\.bases)
            #expect(bases.allSatisfy { index.usablePlainLocation(of: $0) != nil })
        }
    }

    /// Of a delta only a part is wanted: it travels whole, since that part would take more room without its base.
    @Test func aDeltaOfWhichAPartIsWantedStaysOne() throws {
        var random = SeededRandom(seed: 67)
        let source = try Place.make()
        var bytes = random.text(1_500_000)
        try source.backUp("db", bytes)
        for start in stride(from: 10, to: bytes.count, by: 30_000) { bytes[start] ^= 1 }
        try source.backUp("db", bytes)
        // The next has another delta for a few of these chunks.
        for start in stride(from: 20, to: 200_000, by: 30_000) { bytes[start] ^= 1 }
        let last = try source.backUp("db", bytes)
        let destination = try source.makeTier()
        let report = try sync(source, destination) { $0.names = [last.id.hex] }
        #expect(report.copies.count == 1 && report.failed.isEmpty)
        #expect(try contents(of: destination)[last.id] == bytes)
        #expect(try storedBytes(destination) * 100 < storedBytes(source) * 110)
        #expect(try destination.damage() == [])
    }

    @Test func aBaseThatIsGoneIsHealedAlone() throws {
        let (here, snapshots) = try source(65, versions: 3)
        let other = try here.makeTier()
        try sync(here, other)
        let wanted = try contents(of: here)
        let first = try #require(try here.backend.list(.data).max { $0.size < $1.size })
        here.backend.delete(ObjectName(.data, first.id))
        let report = try HealRun(
            here.test().repository, from: other.test().repository, width: 2, cancellation: Cancellation()
        ).run(isDryRun: false)
        #expect(report.flawed.isEmpty && report.lostChunks == 0)
        // The deltas against it were never gone.
        #expect(report.figures.packs == 1 && report.figures.newPacks == 0)
        #expect(try here.packs() == other.packs())
        #expect(try here.damage() == [])
        #expect(try contents(of: here) == wanted && wanted.count == snapshots.count)
    }
}
