import Backends
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

/// Prune and check on a storage behind a network, and on one that keeps what should go.
struct DistantMaintenanceTests {
    @Test func checkReadsPacksSideBySideWithFewRequests() throws {
        let backend = DistantBackend(MemoryBackend(), concurrency: 4)
        var random = SeededRandom(seed: 3)
        let test = try TestRepository.make(at: backend)
        _ = try test.backUp("db", random.bytes(6 << 20))
        backend.reset()
        backend.gather(.read, .data, 4)
        let report = try CheckRun(
            try TestRepository.open(backend).repository, readsData: true, width: 2, cancellation: Cancellation()
        ).run()
        #expect(!report.isDamaged && report.packs >= 6)
        #expect(backend.most(.read, .data) >= 4)
        let reads = backend.requests.count(where: { $0.operation == .read && $0.folder == .data })
        // The tail of each pack, the pack of about 1 MiB as a whole, and the trees.
        #expect(reads <= 2 * report.packs + 3, "\(reads) of \(report.packs)")
    }

    @Test func pruneReadsNoDataPacksButThoseThatItRepacks() throws {
        let inner = MemoryBackend()
        let fixture = try PruneFixture(inner)
        var random = SeededRandom(seed: 4)
        let parts = (0..<4).map { _ in random.bytes(3 << 20) }
        try fixture.backUp("db", parts[0])
        let middle = try fixture.backUp("db", parts[0] + parts[1] + Array(parts[2][..<100_000]))
        try fixture.backUp("db", parts[0] + parts[2])
        try fixture.forget(middle)
        let dataPacks = Set(
            try fixture.test().repository.loadIndex().chunks.packs.filter {
                (try? ObjectHeader(decoding: $0.header[...], of: "pack"))?.type == .dataPack
            }.map(\.id))
        let backend = DistantBackend(inner)
        let report = try fixture.prune(through: backend)
        let repacked = Set(try #require(report.plan).repacked.map(\.pack.id))
        #expect(report.deletedPacks > 0 && !repacked.isEmpty)
        let read = Set(
            backend.requests.filter { $0.operation == .read && $0.folder == .data }.compactMap(\.id)
        ).intersection(dataPacks)
        #expect(read.isSubset(of: repacked))
        try fixture.check()
    }

    @Test func pruneRescuesWithFewRequests() throws {
        let inner = MemoryBackend()
        let fixture = try PruneFixture(inner)
        var random = SeededRandom(seed: 8)
        let (kept, lost) = (random.bytes(4 << 20), random.bytes(4 << 20))
        // Parts that stay and parts that go lie in the same packs.
        var mixed: [UInt8] = []
        for start in stride(from: 0, to: kept.count, by: 1 << 18) {
            mixed += kept[start..<start + 1 << 18] + lost[start..<start + 1 << 18]
        }
        let first = try fixture.backUp("db", mixed)
        let second = try fixture.backUp("db", kept)
        try fixture.forget(first)
        let backend = DistantBackend(inner, concurrency: 4)
        backend.gather(.delete, .data, 4)
        let report = try fixture.prune(through: backend)
        #expect(report.writtenPacks > 0)
        #expect(backend.most(.delete, .data) == 4)
        let reads = backend.requests.count(where: { $0.operation == .read && $0.folder == .data })
        #expect(reads <= 4 * report.deletedPacks, "\(reads) of \(report.deletedPacks)")
        #expect(try fixture.read("db", of: second) == kept)
        try fixture.check()
    }

    // MARK: Retained

    private func forgottenFixture() throws -> (fixture: PruneFixture, backend: DistantBackend, kept: Snapshot) {
        let inner = MemoryBackend()
        let fixture = try PruneFixture(inner)
        let gone = try fixture.backUp("db", Parts.of(0, 1))
        let kept = try fixture.backUp("db", Parts.of(1, 2))
        try fixture.forget(gone)
        return (fixture, DistantBackend(inner), kept)
    }

    @Test func packsThatTheStorageKeepsAreTriedAgain() throws {
        let (fixture, backend, kept) = try forgottenFixture()
        backend.retain([.data])
        let report = try fixture.prune(through: backend)
        #expect(report.deletedPacks == 0 && report.retainedPacks > 0 && report.retainedBytes > 0)
        try fixture.check()
        for _ in 0..<2 {
            let again = try fixture.prune(through: backend)
            #expect(again.retainedPacks == report.retainedPacks && again.writtenPacks == 0)
        }
        backend.retain([])
        let last = try fixture.prune(through: backend)
        #expect(last.deletedPacks == report.retainedPacks && last.retainedPacks == 0)
        #expect(try fixture.read("db", of: kept) == Parts.of(1, 2))
        try fixture.check()
        try fixture.expectNothingUnused()
    }

    /// Index before packs: what the storage keeps in the index, stays.
    @Test func packsThatStayInTheIndexAreNotDeleted() throws {
        let (fixture, backend, kept) = try forgottenFixture()
        backend.retain([.index])
        let report = try fixture.prune(through: backend)
        #expect(report.deletedPacks == 0 && report.retainedPacks > 0 && report.replacedIndexObjects == 0)
        #expect(!backend.requests.contains { $0.operation == .delete && $0.folder == .data })
        try fixture.check()
        backend.retain([])
        #expect(try fixture.prune(through: backend).deletedPacks > 0)
        #expect(try fixture.read("db", of: kept) == Parts.of(1, 2))
        try fixture.check()
        try fixture.expectNothingUnused()
    }

    @Test func aSnapshotThatTheStorageKeepsKeepsItsPacks() throws {
        let inner = MemoryBackend()
        let fixture = try PruneFixture(inner)
        let retained = try fixture.backUp("db", Parts.of(0, 1))
        try fixture.backUp("db", Parts.of(1, 2))
        let backend = DistantBackend(inner)
        backend.retain([.snapshots])
        let repository = try fixture.test(backend).repository
        let result = try SnapshotRemoval(repository, cancellation: Cancellation()).run([retained])
        #expect(result.removed.isEmpty)
        #expect(result.retained.map(\.error.kind) == [.retained])
        #expect(try fixture.prune(through: backend).deletedPacks == 0)
        #expect(try fixture.read("db", of: retained) == Parts.of(0, 1))
        try fixture.check()
    }
}
