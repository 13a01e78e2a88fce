import Backends
import FileIO
import Packing
import Primitives
import Repositories
import Snapshots
import TemporaryFolders
import TestSupport
import Testing

/// Deltas in a distant repository, against packs that this machine has kept.
struct PackCacheBackupTests {
    private let folder: TemporaryFolder
    private let inner = MemoryBackend()
    private let backend: DistantBackend

    init() throws {
        folder = try TemporaryFolder()
        backend = DistantBackend(inner, concurrency: 4)
        _ = try TestRepository.make(at: backend, bits: 13, cacheRoot: folder.path)
    }

    private func open(_ limit: PackCacheLimit = .bytes(1 << 30)) throws -> TestRepository {
        try TestRepository.open(backend, cacheRoot: folder.path, packCacheLimit: limit)
    }

    private func backUp(
        _ table: EditedTable, _ limit: PackCacheLimit = .bytes(1 << 30), _ deltas: DeltaPolicy = .auto
    ) throws -> BackupResult {
        try open(limit).backUp([TestRepository.stream("db", table.bytes)]) { $0.deltas = deltas }
    }

    /// The packs that are kept, as files.
    private func kept(in test: TestRepository) throws -> [BytePath] {
        let path = test.repository.cache.path.appending("packs")
        guard let directory = try? OpenFile.open(path, .readOnly, .directory) else { return [] }
        return try DirectoryListing(of: directory).map { path.appending($0) }
    }

    /// Bytes of data packs that were read since the last reset.
    private var dataRead: Int {
        backend.requests.filter { $0.operation == .read && $0.folder == .data }.reduce(0) { $0 + $1.bytes }
    }

    @Test func whatChangedIsComparedWithWhatWasKept() throws {
        var table = EditedTable(rows: 30_000, seed: 1)
        let first = try backUp(table)
        var stored: [UInt64] = []
        for _ in 1...4 {
            table.change(oneIn: 500)
            backend.reset()
            let result = try backUp(table)
            stored.append(result.stored.storedBytes)
            #expect(result.stored.deltaSegments > 0)
            // Lists of the parent are read, and none of the bases.
            #expect(dataRead < 100_000)
            #expect(try TestRepository.open(backend).read("db", of: result.snapshot) == table.bytes)
        }
        #expect(stored.allSatisfy { $0 * 5 < first.stored.storedBytes }, "\(stored) of \(first.stored.storedBytes)")
        let names = Set(try inner.names(in: .data).map(\.id.hex))
        #expect(try Set(kept(in: open()).map { String(decoding: $0.lastComponent, as: UTF8.self) }) == names)
    }

    /// Whoever keeps none, or wants no deltas, stores whole what changed.
    @Test(arguments: [(PackCacheLimit.off, DeltaPolicy.auto), (.bytes(1 << 30), .off)])
    func withoutThereAreNone(_ limit: PackCacheLimit, _ deltas: DeltaPolicy) throws {
        var table = EditedTable(rows: 10_000, seed: 2)
        _ = try backUp(table, limit, deltas)
        table.change(oneIn: 500)
        let result = try backUp(table, limit, deltas)
        #expect(result.stored.deltaSegments == 0)
        #expect(try TestRepository.open(backend).read("db", of: result.snapshot) == table.bytes)
    }

    /// What is damaged here is read from the storage where deltas are wanted always; otherwise too, since nobody knew before.
    @Test(arguments: [DeltaPolicy.auto, .always]) func damageOfTheCacheIsHarmless(_ deltas: DeltaPolicy) throws {
        var table = EditedTable(rows: 30_000, seed: 3)
        _ = try backUp(table)
        let files = try kept(in: open())
        #expect(files.count >= 2)
        for path in files {
            var bytes = try OpenFile.open(path).readAll(limit: 1 << 30)
            for place in stride(from: 100, to: bytes.count, by: 1000) { bytes[place] ^= 4 }
            try OpenFile.open(path, .writeOnly, .truncate).write(bytes)
        }
        table.change(oneIn: 500)
        let test = try open()
        let result = try test.backUp([TestRepository.stream("db", table.bytes)]) { $0.deltas = deltas }
        #expect(test.warnings.withLock { $0 } == [])
        #expect(try TestRepository.open(backend).read("db", of: result.snapshot) == table.bytes)
        // What was found damaged is not kept.
        #expect(try kept(in: open()).count < files.count + result.stored.packs)
    }

    /// A cache that holds a part of the packs serves for that part.
    @Test func whatIsNotKeptIsStoredWhole() throws {
        var table = EditedTable(rows: 120_000, seed: 4)
        let first = try backUp(table, .bytes(1_500_000))
        let files = try kept(in: open())
        #expect(!files.isEmpty && files.count < first.stored.packs)
        table.change(oneIn: 500)
        backend.reset()
        let result = try backUp(table, .bytes(1_500_000))
        let part = Double(result.stored.deltaRawBytes) / Double(result.progress.newBytes)
        #expect(part > 0.1 && part < 0.9)
        #expect(dataRead < 100_000)
        #expect(try TestRepository.open(backend).read("db", of: result.snapshot) == table.bytes)
    }

    /// What is given out comes from the storage, whatever this machine has kept.
    @Test func nothingIsRestoredFromIt() throws {
        let result = try backUp(EditedTable(rows: 10_000, seed: 5))
        for name in try inner.names(in: .data) {
            var bytes = try inner.read(name)
            bytes[bytes.count / 2] ^= 1
            inner.put(name, bytes)
        }
        #expect(try !kept(in: open()).isEmpty)
        #expect(failure { try open().read("db", of: result.snapshot) }?.kind == .damaged)
    }

    /// A repository at hand needs none.
    @Test func nearTheStorageNothingIsKept() throws {
        let backend = MemoryBackend()
        _ = try TestRepository.make(at: backend, cacheRoot: folder.path)
        let test = try TestRepository.open(backend, cacheRoot: folder.path, packCacheLimit: .bytes(1 << 30))
        _ = try test.backUp("db", [1, 2, 3])
        #expect(try kept(in: test).isEmpty)
    }
}
