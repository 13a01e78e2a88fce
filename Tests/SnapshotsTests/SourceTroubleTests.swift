import Backends
import FileIO
import Glibc
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

/// Files and folders that are not as they should be while they are backed up.
struct SourceTroubleTests {
    private let backend: FaultyBackend
    private let test: TestRepository
    private let source: TemporaryFolder

    init() throws {
        backend = FaultyBackend(MemoryBackend())
        test = try TestRepository.make(at: backend)
        source = try TemporaryFolder()
    }

    private func warnings(_ text: String) -> Int {
        test.warnings.withLock { $0.count { $0.contains(text) } }
    }

    /// Backs `source` up twice so that, the third time, the tree of its folder `sub` is read from the repository when the folder
    /// has been listed and none of its files examined; then calls `change`.
    private func backUpChangingMeanwhile(_ change: @escaping @Sendable () -> Void) throws -> BackupResult {
        _ = try test.backUp(paths: [source.path.appending("sub")])
        let old = Set(try backend.list(.data).map(\.id))
        try source.write("other", [0])
        _ = try test.backUp(paths: [source.path])
        let isDone = Locked(false)
        backend.watch { operation, name in
            guard operation == .read(.data), old.contains(name.id) else { return }
            let isFirst = isDone.withLock { isDone in
                defer { isDone = true }
                return !isDone
            }
            if isFirst { change() }
        }
        let result = try test.backUp(paths: [source.path])
        #expect(isDone.withLock { $0 })
        return result
    }

    /// What a snapshot has in the folder `sub`, and that it can be restored.
    private func names(_ snapshot: Snapshot) throws -> [String] {
        let target = try TemporaryFolder()
        let result = try test.restore(snapshot, path: source.path.appending("sub").display, to: target.path)
        #expect(result.failures == [])
        let folder = try OpenFile.open(target.path, .readOnly, .directory)
        return try DirectoryListing(of: folder).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func filesThatVanishAreToldAndNoError() throws {
        for name in ["a", "b", "c"] { try source.write("sub/\(name)", Array(name.utf8)) }
        let path = source.path.appending("sub/b")
        let result = try backUpChangingMeanwhile { try? path.removeFile() }
        #expect(try names(result.snapshot) == ["a", "c"])
        #expect(result.progress.errors == 0)
        #expect(warnings("sub/b vanished") == 1)
    }

    @Test func filesThatBecomeSomethingElseAreTakenAsTheyAre() throws {
        for name in ["a", "b", "c"] { try source.write("sub/\(name)", Array(name.utf8)) }
        let path = source.path.appending("sub/b")
        let result = try backUpChangingMeanwhile {
            try? path.removeFile()
            try? path.makeDirectories()
            _ = try? OpenFile.open(path.appending("inner"), .writeOnly, .create)
        }
        #expect(try names(result.snapshot) == ["a", "b", "c"])
        #expect(try test.read(path.appending("inner").display, of: result.snapshot) == [])
    }

    @Test func aFolderThatVanishesIsLeftOut() throws {
        for name in ["a", "folder/inner", "z"] { try source.write("sub/\(name)", [1]) }
        let folder = source.path.appending("sub")
        let result = try backUpChangingMeanwhile {
            try? OpenFile.open(folder, .readOnly, .directory).removeTree(Array("folder".utf8))
        }
        #expect(try names(result.snapshot) == ["a", "z"])
        #expect(result.progress.errors == 0)
    }

    /// The file is longer than all buffers together, so when its first pack is put it is not read to its end.
    @Test func aFileThatChangesWhileItIsReadIsTold() throws {
        var random = SeededRandom(seed: 41)
        try source.write("a", [1])
        try source.write("large", random.bytes(18 << 20))
        let path = source.path.appending("large")
        let isDone = Locked(false)
        backend.watch { operation, _ in
            let isFirst = isDone.withLock { isDone in
                defer { isDone = isDone || operation == .put(.data) }
                return operation == .put(.data) && !isDone
            }
            guard isFirst, let file = try? OpenFile.open(path, .readWrite) else { return }
            try? file.truncate(to: 17 << 20)
        }
        let result = try test.backUp(paths: [source.path]) { $0.width = 1 }
        #expect(warnings("large changed while it was read") == 1)
        #expect(result.snapshot.record.summary.files == 2)
        #expect(try test.read(path.display, of: result.snapshot).count == 17 << 20)
        // Its time in the snapshot is that from before, so the next run reads it again.
        let next = try test.backUp(paths: [source.path])
        #expect(next.progress.unchangedFiles == 1)
    }

    /// A directory entry that cannot be opened: as root a loop of links serves, since permissions do not.
    @Test func whatCannotBeReadIsCountedAndTheRestIsSaved() throws {
        try source.write("sub/good", [1])
        let root = try OpenFile.open(source.path, .readOnly, .directory)
        try root.makeSymbolicLink(Array("loop".utf8), to: Array("loop".utf8))
        let result = try test.backUp(paths: [source.path.appending("sub"), source.path.appending("loop/inner")])
        #expect(result.progress.errors == 1)
        #expect(result.snapshot.record.summary.errors == 1)
        #expect(warnings("loop") == 1)
        #expect(try names(result.snapshot) == ["good"])
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func filesWithoutPermissionAreCounted() throws {
        try source.write("sub/good", [1])
        try source.write("sub/secret", [1])
        try OpenFile.open(source.path.appending("sub"), .readOnly, .directory)
            .setPermissions(of: Array("secret".utf8), 0)
        let result = try test.backUp(paths: [source.path])
        #expect(result.progress.errors == 1 && warnings("secret") == 1)
        #expect(try names(result.snapshot) == ["good"])
    }

    /// Who may pass through a folder need not be able to list it. Root may do both, so that this shows little there.
    @Test func foldersOnTheWayNeedNotBeListed() throws {
        try source.write("sub/deep/file", [1, 2])
        let root = try OpenFile.open(source.path, .readOnly, .directory)
        try root.setPermissions(of: Array("sub".utf8), 0o311)
        defer { try? root.setPermissions(of: Array("sub".utf8), 0o700) }
        let path = source.path.appending("sub/deep")
        let result = try test.backUp(paths: [path])
        #expect(result.progress.errors == 0)
        #expect(try test.read(path.appending("file").display, of: result.snapshot) == [1, 2])
        let entry = try TreeReader(try test.reader()).entry(
            at: source.path.appending("sub").components, below: result.snapshot.record.root)
        #expect(entry?.permissions == 0o311)
    }

    @Test func nothingThatIsThereMakesNoSnapshot() throws {
        let error = failure { try test.backUp(paths: [source.path.appending("none"), source.path.appending("no")]) }
        #expect(error?.kind == .source)
        #expect(try test.snapshots().isEmpty)
        // The folder above is there; what was asked for is not.
        #expect(warnings("none") == 1)
    }

    @Test(.enabled(if: MountedFolder.isAllowed, "mounting a file system needs root"))
    func otherFileSystemsAreLeftOut() throws {
        try source.write("own/file", [1])
        try source.path.appending("foreign").makeDirectory()
        let mounted = try MountedFolder(at: source.path.appending("foreign"), kibibytes: 64, keeping: source)
        _ = try OpenFile.open(mounted.path.appending("file"), .writeOnly, .create)
        for staysOnFileSystem in [true, false] {
            let snapshot = try test.backUp(paths: [source.path]) { $0.staysOnFileSystem = staysOnFileSystem }.snapshot
            let reader = TreeReader(try test.reader())
            func entries(_ path: String) throws -> UInt64? {
                try reader.entry(at: source.path.appending(path).components, below: snapshot.record.root)?
                    .subtree?.entries
            }
            // Where it was mounted stays, as an empty folder.
            #expect(try entries("foreign") == (staysOnFileSystem ? 0 : 1))
            #expect(try entries("own") == 1)
        }
        // A path that lies there itself is wanted.
        let inside = try test.backUp(paths: [mounted.path]) { $0.staysOnFileSystem = true }
        #expect(inside.progress.files == 1)
    }

    /// About 4,000 bytes of path: a thousand folders below each other.
    @Test(.enabled(if: FileLimit.allowsDeepFolders, "a deep walk needs many open files"))
    func foldersDeepBelowEachOther() throws {
        let depth = 990
        var folder = try OpenFile.open(source.path, .readOnly, .directory)
        for _ in 0..<depth {
            try folder.makeDirectory(Array("ddd".utf8))
            folder = try folder.openExisting(Array("ddd".utf8), .readOnly, .directory)
        }
        try folder.createFile(Array("bottom".utf8)).write([7])
        let first = try test.backUp(paths: [source.path])
        #expect(first.progress.errors == 0 && first.progress.folders >= UInt64(depth))
        let again = try test.backUp(paths: [source.path])
        #expect(again.progress.unchangedFiles == 1)

        let target = try TemporaryFolder()
        let result = try test.restore(again.snapshot, path: source.path.display, to: target.path) {
            $0.verifies = true
        }
        #expect(result.failures == [] && result.progress.verified == 1)
        let path = [[UInt8]](repeating: Array("ddd".utf8), count: depth)
        let bottom = try RootedFolder.open(target.path).descend(path).openExisting(Array("bottom".utf8))
        #expect(try bottom.readAll(limit: 10) == [7])

        // Archives go as deep.
        let entry = try #require(
            try TreeReader(try test.reader()).entry(
                at: source.path.components, below: again.snapshot.record.root)?.subtree)
        let archive = Locked(0)
        try DumpRun(try test.reader(), width: 1, cancellation: Cancellation(), warn: { _ in }).writeArchive(
            of: entry, prefix: []
        ) { bytes throws(VarveError) in archive.withLock { $0 += bytes.count } }
        #expect(archive.withLock { $0 } > depth * 512)
    }
}

/// How many files this process may have open.
enum FileLimit {
    /// Raises the limit as far as it goes.
    static var allowsDeepFolders: Bool {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return false }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit.rlim_cur > 4000
    }
}
