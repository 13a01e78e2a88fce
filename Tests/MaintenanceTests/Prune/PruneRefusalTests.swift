import Backends
import Compressing
import Maintenance
import Packing
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

/// What is in doubt is kept.
struct PruneRefusalTests {
    private let fixture: PruneFixture
    private let kept: Snapshot

    init() throws {
        fixture = try PruneFixture()
        let first = try fixture.backUp("db", Parts.of(0))
        kept = try fixture.backUp("db", Parts.of(1))
        try fixture.forget(first)
    }

    /// Nothing may be deleted of a repository that was changed so.
    private func expectRefusal(
        _ kind: VarveError.Kind = .damaged, sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (MemoryBackend) throws -> Void
    ) throws {
        let copy = try fixture.copy()
        try change(copy.backend)
        let before = try StorageFolder.allCases.flatMap { try copy.backend.names(in: $0) }
        let error = failure { try copy.prune() }
        #expect(error?.kind == kind, "\(error?.problem ?? "no error")", sourceLocation: sourceLocation)
        let after = try StorageFolder.allCases.flatMap { try copy.backend.names(in: $0) }
        #expect(Set(before).isSubset(of: after), sourceLocation: sourceLocation)
    }

    @Test func nothingGoesWhereAnythingCannotBeRead() throws {
        for folder in [StorageFolder.index, .snapshots] {
            for name in try fixture.backend.names(in: folder) {
                try expectRefusal { $0.flip(name, at: 140) }
            }
        }
        try expectRefusal { backend in
            let bytes = [UInt8](repeating: 1, count: 300)
            backend.put(ObjectName(.locks, TestDigest.sha256(bytes)), bytes)
        }
        // The packs that the snapshot needs, metadata and data.
        let needed = try fixture.copy()
        try needed.prune()
        for name in try needed.backend.names(in: .data) {
            try expectRefusal { $0.tamper(with: name) { _ in nil } }
        }
    }

    @Test func nothingGoesWhereAListingIsEmpty() throws {
        for folder in [StorageFolder.index, .data] {
            try expectRefusal { backend in for name in try backend.names(in: folder) { backend.delete(name) } }
        }
        let other = try PruneFixture()
        let snapshot = try other.backUp("db", Parts.of(0))
        other.backend.delete(ObjectName(.snapshots, snapshot.id))
        #expect(failure { try other.prune() }?.problem.contains("snapshots/ is empty") == true)
        #expect(try other.backend.names(in: .data).count == 2)
    }

    /// A storage brings back what is no more: the pack is damaged, and no index object names it. Once that is written down, it is no sign
    /// of a listing that hides things.
    @Test func aDamagedPackAloneIsNoReason() throws {
        let other = try PruneFixture()
        let snapshot = try other.backUp("db", Parts.of(0))
        let name = ObjectName(.snapshots, snapshot.id)
        let packs = try other.backend.names(in: .data)
        let old = try (packs + [name]).map { ($0, try other.backend.read($0)) }
        for name in try packs + other.backend.names(in: .index) { other.backend.delete(name) }
        try other.forget(snapshot)
        try other.put(.void([snapshot.session]))
        for (name, bytes) in old { other.backend.put(name, bytes) }
        for pack in packs { other.backend.tamper(with: pack) { $0.map { $0 ^ 1 } } }
        #expect(failure { try other.prune() }?.problem.contains("index/ is empty") == true)
        try other.put(
            .damage(packs.map { IndexRecord.DamagedPart(pack: $0.id, segment: nil) }.sorted { $0.pack < $1.pack }))
        let report = try other.prune()
        #expect(report.deletedSnapshots == [snapshot.id])
        // Nobody can say what is in it.
        #expect(try other.backend.names(in: .data) == packs)
    }

    /// A snapshot that another names as the one before it, and that nobody forgot.
    @Test func nothingGoesWhereASnapshotIsMissing() throws {
        let folder = try TemporaryFolder()
        let writer = try TestRepository.open(fixture.backend, password: nil, cacheRoot: folder.path)
        let first = try writer.backUp("db", Parts.of(2)).snapshot
        let second = try writer.backUp("db", Parts.of(3)).snapshot
        #expect(second.record.previous == first.id)
        let bytes = try fixture.backend.read(ObjectName(.snapshots, first.id))
        fixture.backend.delete(ObjectName(.snapshots, first.id))
        let error = failure { try fixture.prune() }
        #expect(error?.kind == .damaged && error?.problem.contains(first.id.hex) == true)
        fixture.backend.put(ObjectName(.snapshots, first.id), bytes)
        try fixture.prune()
        // The last one has none after it, but this machine knows that it was there.
        fixture.backend.delete(ObjectName(.snapshots, second.id))
        let run = PruneRun(writer.repository, width: 1, cancellation: Cancellation())
        #expect(failure { try run.run() }?.problem.contains(second.id.hex) == true)
    }

    /// A listing that is empty only when it matters: after the wait.
    @Test func nothingGoesWhereSnapshotsVanishOnTheWay() throws {
        let before = Set(try fixture.backend.names(in: .data))
        let faulty = FaultyBackend(fixture.backend)
        let listings = Locked(0)
        let backend = fixture.backend
        let kept = kept
        faulty.setRule { operation, _ in
            guard operation == .list(.snapshots) else { return .none }
            let count = listings.withLock { listings in
                listings += 1
                return listings
            }
            if count == 2 { backend.delete(ObjectName(.snapshots, kept.id)) }
            return .none
        }
        #expect(failure { try fixture.prune(through: faulty) }?.problem.contains(kept.id.hex) == true)
        #expect(Set(try fixture.backend.names(in: .data)).isSuperset(of: before))
    }

    /// A base that only a delta needs stays readable, plainly, when its own snapshot goes.
    @Test func basesOfDeltasAreKept() throws {
        let fixture = try PruneFixture()
        var random = SeededRandom(seed: 5)
        let base = random.bytes(1500)
        let delta = Array(base[..<1200]) + random.bytes(200)
        // What lies beside the base is needed by nothing later, so that its pack is written anew.
        let first = try fixture.test().backUp([
            TestRepository.stream("base", base), TestRepository.stream("other", Parts.of(3)),
        ]).snapshot
        let second = try fixture.backUp("db", delta)
        let repository = try fixture.test().repository
        let ids = [base, delta].map { bytes in
            bytes.withUnsafeBytes { repository.hasher.id(of: $0, as: .data) }
        }
        let index = try repository.loadIndex()
        let plain = try #require(index.chunks.usableLocation(of: ids[1]))
        try storeDelta(delta, ids[1], base, ids[0], index, repository)
        // The plain copy is damaged: the delta is what is left.
        try fixture.put(.damage([IndexRecord.DamagedPart(pack: index.chunks.pack(plain.pack).id, segment: nil)]))
        #expect(try fixture.read("db", of: second) == delta)
        try fixture.forget(first)
        for _ in 0..<3 {
            try fixture.prune()
            #expect(try fixture.read("db", of: second) == delta)
            try fixture.check()
            try fixture.expectNothingUnused()
        }
        let after = try fixture.test().repository.loadIndex()
        #expect(after.chunks.usablePlainLocation(of: ids[0]) != nil)
        #expect(after.listing[index.chunks.pack(plain.pack).id] == nil)
        // Once the delta is not needed, neither is the base.
        let third = try fixture.backUp("another", Parts.of(0))
        try fixture.forget(second)
        try fixture.prune()
        let last = try fixture.test().repository.loadIndex()
        #expect(last.chunks.allLocations(of: ids[0]).isEmpty && last.chunks.allLocations(of: ids[1]).isEmpty)
        #expect(try fixture.read("another", of: third) == Parts.of(0))
    }

    private func storeDelta(
        _ delta: [UInt8], _ id: ChunkID, _ base: [UInt8], _ baseID: ChunkID, _ index: LoadedIndex,
        _ repository: Repository
    ) throws {
        let buffer = Buffer(capacity: 10_000)
        let compressor = try Compressor(level: .default)
        let count = try delta.withUnsafeBytes { delta in
            try base.withUnsafeBytes { base in try compressor.compress(delta, into: buffer.bytes, prefix: base) }
        }
        let stored = Buffer(capacity: try #require(count))
        stored.bytes.copyBytes(from: buffer.prefix(stored.capacity))
        let entry = SegmentEntry(
            sealedLength: UInt32(stored.capacity + PackLimits.sealingOverhead), rawLength: UInt32(delta.count),
            codec: .zstdWithPrefix, chunkClass: .data, chunks: [ChunkEntry(id: id, length: UInt32(delta.count))],
            bases: [baseID])
        let store = try SegmentStore(
            repository: repository, session: .zero, index: index, width: 1, cancellation: Cancellation())
        store.submit(copyOf: entry, stored: stored)
        try store.finish()
    }
}
