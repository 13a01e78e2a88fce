import Backends
import FileIO
import Primitives
import Repositories
import TemporaryFolders
import TestSupport
import Testing

/// What becomes of packs that a machine has kept of a distant repository, when that is pruned.
struct PruneCachedPacksTests {
    /// Those that were deleted are dropped by the next session, and those that were written are kept: the next backup writes deltas all the same.
    @Test func theCacheFollowsThePrune() throws {
        let folder = try TemporaryFolder()
        let backend = MemoryBackend()
        let distant = DistantBackend(backend, concurrency: 4)
        var fixture = try PruneFixture(backend, deltas: .auto)
        fixture.cache = (folder.path, .bytes(1 << 30))
        func kept() throws -> Set<String> {
            let path = try fixture.test(distant).repository.cache.path.appending("packs")
            let directory = try OpenFile.open(path, .readOnly, .directory)
            return Set(try DirectoryListing(of: directory).map { String(decoding: $0, as: UTF8.self) })
        }
        var table = EditedTable(rows: 20_000, seed: 6)
        let first = try fixture.backUp("db", table.bytes, through: distant)
        // What is inserted is stored beside what is soon needed no more.
        for _ in 0..<20 { table.change(oneIn: 20) }
        try fixture.backUp("db", table.bytes, through: distant)
        let before = try kept()
        try fixture.forget(first)
        let report = try fixture.prune(through: distant)
        #expect(report.deletedPacks > 0 && report.writtenPacks > 0)
        table.change(oneIn: 500)
        distant.reset()
        let last = try fixture.test(distant).backUp([TestRepository.stream("db", table.bytes)])
        #expect(last.stored.deltaSegments > 0)
        let read = distant.requests.filter { $0.operation == .read && $0.folder == .data }
        #expect(read.reduce(0) { $0 + $1.bytes } < 100_000)
        let names = Set(try backend.names(in: .data).map(\.id.hex))
        #expect(try kept() == names && !before.isSubset(of: names))
        #expect(try fixture.read("db", of: last.snapshot) == table.bytes)
        try fixture.check()
    }
}
