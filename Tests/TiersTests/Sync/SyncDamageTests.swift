import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Tiers

/// Syncs from a place that is damaged.
struct SyncDamageTests {
    /// Two snapshots that share nothing, and the packs of the first.
    private func source(_ seed: UInt64) throws -> (place: Place, lost: Snapshot, kept: Snapshot, packs: [ObjectName]) {
        var random = SeededRandom(seed: seed)
        let place = try Place.make()
        let lost = try place.backUp("a", random.text(400_000))
        let packs = try place.packs()
        let kept = try place.backUp("b", random.text(400_000))
        return (place, lost, kept, packs)
    }

    @Test func whatIsLostIsNamedAndTheOthersGoOn() throws {
        let (source, lost, kept, packs) = try source(21)
        for pack in packs { source.backend.flip(pack, at: 400) }
        let destination = try source.makeTier()
        let report = try sync(source, destination)
        #expect(report.copies.map(\.original.id) == [kept.id])
        #expect(report.failed.map(\.snapshot.id) == [lost.id] && report.failed.first?.error.kind == .damaged)
        #expect(try destination.damage() == [])
        #expect(try contents(of: destination)[kept.id] == source.read("b", of: kept))
        // Nothing was written down at the source: it is only read.
        #expect(try source.test().repository.loadIndex().damaged.isEmpty)
    }

    @Test func aPackThatIsGoneIsNamedToo() throws {
        let (source, lost, kept, packs) = try source(22)
        for pack in packs { source.backend.delete(pack) }
        let destination = try source.makeTier()
        let report = try sync(source, destination)
        #expect(report.copies.map(\.original.id) == [kept.id] && report.failed.map(\.snapshot.id) == [lost.id])
        #expect(try destination.damage() == [])
    }

    @Test func ofADamagedPackWhatIsRightIsCopied() throws {
        // The byte that is wrong is in a segment that no snapshot needs any more, or in none.
        var random = SeededRandom(seed: 23)
        let source = try Place.make()
        let streams = try [
            TestRepository.stream("a", random.bytes(900_000)), TestRepository.stream("b", random.text(800_000)),
        ]
        let both = try source.test().backUp(streams).snapshot
        // The directory's padding and footer decide nothing here: the index knows the segments.
        let sizes = try source.packs().map { (name: $0, size: try source.backend.read($0).count) }
        let (data, size) = try #require(sizes.max { $0.size < $1.size })
        source.backend.flip(data, at: size - 10)
        let destination = try source.makeTier()
        let report = try sync(source, destination)
        #expect(report.copies.count == 1 && report.failed.isEmpty)
        #expect(report.damagedSourcePacks == [data.id])
        #expect(try !destination.packs().contains(data))
        for name in ["a", "b"] {
            let copy = try #require(try destination.snapshots().first)
            #expect(try destination.read(name, of: copy) == source.read(name, of: both))
        }
        #expect(try destination.damage() == [])
    }

    @Test func anotherCopyOfTheChunksWillDo() throws {
        // The same content lies in two packs of the source, as after two backups at once; one of them is damaged.
        var random = SeededRandom(seed: 24)
        let source = try Place.make()
        let bytes = random.text(400_000)
        let first = try source.backUp("db", bytes)
        let packs = try source.packs()
        let other = try source.makeTier()
        try other.backUp("db", bytes)
        for pack in try other.packs() { source.backend.put(pack, try other.backend.read(pack)) }
        for pack in packs { source.backend.flip(pack, at: 500) }
        let destination = try source.makeTier()
        let report = try sync(source, destination)
        #expect(report.failed.isEmpty && report.copies.map(\.original.id) == [first.id])
        #expect(try contents(of: destination)[first.id] == bytes)
        #expect(try destination.damage() == [])
    }

    @Test func whatIsDamagedThereIsCopiedAgain() throws {
        let (source, _, kept, _) = try source(25)
        let destination = try source.makeTier()
        try sync(source, destination)
        // The other place loses a pack, and says so; the next snapshot needs what was in it.
        for pack in try destination.packs() { destination.backend.flip(pack, at: 300) }
        try destination.recordDamage()
        let again = try source.backUp("b", try source.read("b", of: kept))
        let report = try sync(source, destination)
        #expect(report.copies.map(\.original.id) == [again.id])
        let copy = try #require(try destination.snapshots().last)
        #expect(try destination.read("b", of: copy) == source.read("b", of: kept))
    }

    @Test func whatWasPutIsReadBack() throws {
        let (source, _, _, _) = try source(26)
        let destination = try source.makeTier()
        let far = FaultyBackend(destination.backend)
        let broken = Locked<ObjectName?>(nil)
        far.watch { operation, name in
            guard operation == .put(.index) else { return }
            // The storage loses a bit of what it has just taken.
            broken.withLock { first in
                guard first == nil, let pack = try? destination.packs().first else { return }
                destination.backend.flip(pack, at: 1000)
                first = pack
            }
        }
        let error = failure { try sync(source, destination, through: far) { $0.verifies = true } }
        #expect(error?.kind == .damaged && error?.isRetryable == true)
        #expect(try destination.snapshots().isEmpty)
        let report = try sync(source, destination) { $0.verifies = true }
        #expect(report.copies.count == 2 && report.figures.verifiedBytes > 0)
        #expect(try contents(of: destination) == contents(of: source))
    }
}
