import Backends
import FileIO
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

/// What is asked of a storage behind a network: few requests, and several at once.
struct DistantRepositoryTests {
    private let cacheRoot: TemporaryFolder
    private let backend = DistantBackend(MemoryBackend(), concurrency: 4)
    private let content: [UInt8]

    init() throws {
        cacheRoot = try TemporaryFolder()
        var random = SeededRandom(seed: 5)
        content = random.bytes(8 << 20)
        _ = try TestRepository.make(at: backend, cacheRoot: cacheRoot.path)
    }

    private func open(cached: Bool = true) throws -> TestRepository {
        try TestRepository.open(backend, cacheRoot: cached ? cacheRoot.path : nil)
    }

    private var requestCount: Int { backend.traffic?.totalRequests ?? .max }

    // MARK: At once

    @Test func packsAreUploadedSideBySide() throws {
        backend.gather(.write, .data, 4)
        let result = try open().backUp("db", content)
        #expect(backend.most(.write, .data) == 4)
        #expect(result.stored.packs >= 8)
        // No index object names a pack that was not there before it.
        var put: Set<Digest> = []
        let repository = try open(cached: false).repository
        for request in backend.requests where request.operation == .write {
            guard let id = request.id else { continue }
            if request.folder == .data { put.insert(id) }
            if request.folder == .index,
                let object = try? repository.readObject(ObjectName(.index, id), types: [.index]).plain,
                let packs = try? IndexObject(decoding: object, in: repository.configuration.repository).packs
            {
                #expect(put.isSuperset(of: packs.map(\.id)))
            }
        }
        #expect(try open().read("db", of: result.snapshot) == content)
    }

    @Test func whatIsSmallIsReadSideBySide() throws {
        for number in UInt8(0)..<6 { _ = try open().backUp("db", Array(content[..<50_000]) + [number]) }
        for folder in [StorageFolder.keys, .index, .snapshots] {
            backend.reset()
            backend.gather(.read, folder, 3)
            #expect(try open(cached: false).snapshots().count == 6)
            #expect(backend.most(.read, folder) >= 3, "\(folder)")
        }
    }

    @Test func aStreamIsReadAhead() throws {
        let result = try open().backUp("db", content)
        let snapshot = result.snapshot
        let test = try open()
        backend.reset()
        backend.gather(.read, .data, 4)
        #expect(try test.read("db", of: snapshot) == content)
        #expect(backend.most(.read, .data) >= 4)
        let reads = backend.requests.filter { $0.operation == .read && $0.folder == .data }
        // Each pack of about 1 MiB with one request or two, and next to nothing read twice or for nothing.
        #expect(reads.count <= result.stored.packs + 4)
        #expect(reads.reduce(0) { $0 + $1.bytes } < content.count * 11 / 10)
    }

    /// A request that fails is made again for each of its segments, by whoever needs them.
    @Test func whatCouldNotBeReadAheadIsReadAgain() throws {
        let faulty = FaultyBackend(MemoryBackend())
        let backend = DistantBackend(faulty, concurrency: 4)
        let snapshot = try TestRepository.make(at: backend).backUp("db", content).snapshot
        func read(failing: @escaping @Sendable (Int) -> Bool) throws -> Int {
            let test = try TestRepository.open(backend)
            let reads = Locked(0)
            faulty.setRule { operation, _ in
                guard operation == .read(.data) else { return .none }
                let number = reads.withLock { reads in
                    defer { reads += 1 }
                    return reads
                }
                return failing(number) ? .fail : .none
            }
            defer { faulty.setRule { _, _ in .none } }
            #expect(try test.read("db", of: snapshot) == content)
            return reads.withLock { $0 }
        }
        let undisturbed = try read { _ in false }
        // The first is for the tree, which nobody reads ahead; its error is the reader's.
        #expect(throws: VarveError.self) { try read { $0 == 0 } }
        for number in 2..<undisturbed { #expect(try read { $0 == number } > undisturbed) }
    }

    @Test func filesAreReadSideBySide() throws {
        let folder = try TemporaryFolder()
        for number in 0..<60 {
            try folder.write("file-\(number)", Array(content[(number * 100_000)..<((number + 1) * 100_000)]))
        }
        let snapshot = try open().backUp(paths: [folder.path]).snapshot
        let target = try TemporaryFolder()
        let test = try open()
        backend.reset()
        backend.gather(.read, .data, 3)
        let result = try test.restore(snapshot, path: folder.path.display, to: target.path)
        #expect(result.failures.isEmpty && result.progress.files == 60)
        for number in 0..<60 {
            #expect(
                try target.read("file-\(number)") == Array(content[(number * 100_000)..<((number + 1) * 100_000)]))
        }
        #expect(backend.most(.read, .data) >= 3)
        #expect(backend.requests.count(where: { $0.operation == .read && $0.folder == .data }) <= 12)
    }

    /// Trees and lists of many folders, one after the other, are asked for before the walk comes to them.
    @Test func treesAreReadAhead() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 6)
        for number in 0..<24 {
            // So much metadata that it takes several segments.
            for file in 0..<150 { try folder.write("folder-\(number)/\(random.text(150).hex)-\(file)", []) }
        }
        let snapshot = try open().backUp(paths: [folder.path]).snapshot
        let target = try TemporaryFolder()
        let result = try open().restore(snapshot, path: folder.path.display, to: target.path)
        #expect(result.failures.isEmpty && result.progress.files == 24 * 150)
    }

    @Test func damageIsFoundAmongWhatIsReadTogether() throws {
        let snapshot = try open().backUp("db", content).snapshot
        let inner = try #require(backend.inner as? MemoryBackend)
        let pack = try #require(try inner.list(.data).max { $0.size < $1.size })
        inner.tamper(with: ObjectName(.data, pack.id)) { bytes in
            var bytes = bytes
            bytes[bytes.count / 2] ^= 1
            return bytes
        }
        let error = #expect(throws: VarveError.self) { try open().read("db", of: snapshot) }
        #expect(error?.kind == .damaged)
        #expect(error?.problem.contains(pack.id.hex) == true)
    }

    // MARK: Few

    @Test func aBackupOfAnUnchangedStreamTakesFewRequests() throws {
        _ = try open().backUp("db", content)
        backend.reset()
        _ = try open().backUp("db", content)
        // config; keys: list; anchor; index and data: list; snapshots: list; the tree's pack and its index object; snapshot; locks
        // and index: list; anchor. (S3 asks once for unfinished uploads as well.)
        #expect(requestCount <= 13, "\(backend.requests)")
    }

    @Test func aBackupOfAnUnchangedFolderTakesFewRequests() throws {
        let folder = try TemporaryFolder()
        for number in 0..<8 {
            try folder.write("dump-\(number)", Array(content[(number << 20)..<(number << 20 + 1 << 20)]))
        }
        _ = try open().backUp(paths: [folder.path])
        backend.reset()
        let result = try open().backUp(paths: [folder.path])
        #expect(result.progress.unchangedFiles == 8)
        #expect(requestCount <= 19, "\(backend.requests)")
    }

    @Test func restoringOneFileTakesFewRequestsAndBytes() throws {
        let folder = try TemporaryFolder()
        for number in 0..<40 {
            try folder.write(
                "a/b\(number)/c/file", Array(content[(number * 200_000)..<((number + 1) * 200_000)]))
        }
        try folder.write("a/b7/c/small", [1, 2, 3])
        let snapshot = try open().backUp(paths: [folder.path]).snapshot
        let target = try TemporaryFolder()
        backend.reset()
        let test = try open()
        let result = try test.repository.whilePresent(as: "restore") {
            try test.restore(
                try #require(try test.snapshots().first { $0.id == snapshot.id }),
                path: folder.path.display + "/a/b7/c/small", to: target.path)
        }
        #expect(result.failures.isEmpty)
        #expect(try target.read("small") == [1, 2, 3])
        // `snapshots()` and `restore` of the test read the index once each.
        #expect(requestCount <= 20, "\(backend.requests)")
        #expect((backend.traffic?.receivedBytes ?? .max) <= 4 << 20)
    }

    // MARK: The cache

    @Test func keysComeFromTheCacheOnlyAsLongAsTheStorageListsThem() throws {
        _ = try open()
        backend.reset()
        let repository = try open().repository
        #expect(!backend.requests.contains { $0.operation == .read && $0.folder == .keys })
        // A password that is taken away does not open the repository any more, whatever the cache holds.
        let other = try repository.addKeySlot(password: TestRepository.password, label: "other")
        for slot in try repository.listKeySlots() where slot.name != other {
            _ = try repository.removeKeySlot(prefix: slot.name.id.hex)
        }
        try backend.delete(other)
        let error = #expect(throws: VarveError.self) { try open() }
        #expect(error?.kind == .wrongPassword)
    }

    @Test func aKeyObjectThatWasChangedInTheCacheIsReadAnew() throws {
        let cache = try open().repository.cache
        let names = cache.objectNames(in: .keys)
        #expect(names.count == 3)
        for name in names { cache.keep([1, 2, 3], of: ObjectName(.keys, name)) }
        backend.reset()
        _ = try open()
        #expect(backend.requests.count(where: { $0.operation == .read && $0.folder == .keys }) == 3)
    }

    @Test func aNearRepositoryLeavesNoKeysInTheCache() throws {
        let near = MemoryBackend()
        _ = try TestRepository.make(at: near, cacheRoot: cacheRoot.path)
        let cache = try TestRepository.open(near, cacheRoot: cacheRoot.path).repository.cache
        #expect(cache.objectNames(in: .keys).isEmpty)
    }
}

extension [UInt8] {
    /// Letters that may stand in a file name.
    fileprivate var hex: String { String(Hex.encode(self).prefix(180)) }
}
