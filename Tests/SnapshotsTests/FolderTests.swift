import FileIO
import Glibc
import Primitives
import Repositories
import SeededData
import Snapshots
import Sourcing
import TemporaryFolders
import TestSupport
import Testing
import Threads

struct FolderTests {
    /// Where a backup is shown only what two copies of a folder have in common, both make the same tree.
    @Test func aBackupSeesOfTheFileSystemWhatItsEnvironmentShows() throws {
        let test = try TestRepository.make()
        let time = FileTime(seconds: 1_000_000_000, nanoseconds: 7)
        var trees: [TreeEntry.Subtree] = []
        for _ in 0..<2 {
            let root = try TemporaryFolder()
            try root.write("srv/file", [1, 2, 3])
            let folder = try OpenFile.open(root.path.appending("srv"), .readOnly, .directory)
            try folder.setTimes(of: Array("file".utf8), modified: time)
            try OpenFile.open(root.path, .readOnly, .directory).setTimes(of: Array("srv".utf8), modified: time)
            var environment = TestRepository.environment()
            environment.fileRoot = root.path
            environment.fileStatus = { status in
                var status = status
                status.changed = status.modified
                (status.device, status.inode) = (1, 2)
                return status
            }
            let repository = try Repository(
                backend: test.repository.backend, configuration: test.repository.configuration,
                keys: test.repository.keys, environment: environment)
            var request = BackupRequest(host: "host")
            request.paths = [BytePath("/srv")]
            let result = try BackupRun(repository, request, cancellation: Cancellation()).run()
            #expect(try test.read("srv/file", of: result.snapshot) == [1, 2, 3])
            trees.append(result.snapshot.record.root)
        }
        #expect(trees[0] == trees[1])
    }

    /// A folder with an entry of every kind that an ordinary user can make.
    private func makeFolder() throws -> TemporaryFolder {
        var random = SeededRandom(seed: 11)
        let folder = try TemporaryFolder()
        try folder.write("plain", random.text(200_000))
        try folder.write("empty", [])
        try folder.write("sub/deep/file", random.bytes(5000))
        try folder.path.appending("nothing").makeDirectories()
        let root = try OpenFile.open(folder.path, .readOnly, .directory)
        try root.makeSymbolicLink(Array("link".utf8), to: Array("plain".utf8))
        try root.makeSymbolicLink(Array("dangling".utf8), to: Array("/no/such/place".utf8))
        try root.makeHardLink(Array("plain-too".utf8), to: root, Array("plain".utf8))
        try root.makeSpecialFile(Array("fifo".utf8), .fifo)
        try root.makeSpecialFile(Array("socket".utf8), .socket)
        try folder.write("new\nline", [1, 2, 3])
        try OpenFile.openAt(
            directory: root, name: [0xff, 0xfe, UInt8(ascii: "x")], .writeOnly, .create
        ).write([9])
        let sparse = try OpenFile.openAt(directory: root, name: Array("sparse".utf8), .readWrite, .create)
        try sparse.truncate(to: 10 << 20)
        try sparse.write([1, 2, 3, 4], at: 5 << 20)
        try root.setPermissions(of: Array("empty".utf8), 0o4711)
        try root.setTimes(of: Array("plain".utf8), modified: FileTime(seconds: -5, nanoseconds: 123_456_789))
        #expect(
            ExtendedAttributes.write(
                [ExtendedAttribute(name: Array("user.note".utf8), value: [0, 1, 255])], at: root,
                name: Array("plain".utf8)
            ).isEmpty)
        return folder
    }

    /// Everything about a folder that a restore should bring back.
    private func describe(_ path: BytePath) throws -> [[UInt8]: String] {
        let folder = try OpenFile.open(path, .readOnly, .directory)
        var entries: [[UInt8]: String] = [:]
        for name in try DirectoryListing(of: folder) {
            let status = try FileMetadata.read(at: folder, name: name)
            var text = "\(status.kind) \(status.permissions) \(status.userID) \(status.modified) \(status.linkCount)"
            text += " \(try ExtendedAttributes.read(at: folder, name: name))"
            switch status.kind {
            case .regular:
                let bytes = try OpenFile.openAt(directory: folder, name: name).readAll(limit: 1 << 30)
                text += " \(bytes.count) \(CRC32C.checksum(bytes))"
            case .symbolicLink: text += " \(try folder.readSymbolicLink(name))"
            case .directory:
                for (below, described) in try describe(path.appending(name)) {
                    entries[name + [0x2f] + below] = described
                }
            default: break
            }
            entries[name] = text
        }
        return entries
    }

    @Test func everyKindOfEntryComesBack() throws {
        let test = try TestRepository.make()
        let source = try makeFolder()
        let result = try test.backUp(paths: [source.path])
        #expect(result.progress.errors == 0)
        let target = try TemporaryFolder()
        let restored = try test.restore(result.snapshot, path: source.path.display, to: target.path) {
            $0.verifies = true
        }
        #expect(restored.failures == [])
        let original = try describe(source.path)
        #expect(try describe(target.path) == original)
        #expect(original.count >= 14)
        let sparse = try FileMetadata.read(target.path.appending("sparse"))
        #expect(sparse.allocatedBytes < 1 << 20)
    }

    @Test func unchangedFilesAreNotRead() throws {
        let test = try TestRepository.make()
        let source = try makeFolder()
        let first = try test.backUp(paths: [source.path])
        #expect(first.progress.unchangedFiles == 0)
        try source.write("sub/deep/file", [1, 2, 3])
        let second = try test.backUp(paths: [source.path])
        #expect(second.progress.unchangedFiles == second.progress.files - 1)
        #expect(second.progress.bytes == 3)
        #expect(try test.read(source.path.appending("sub/deep/file").display, of: second.snapshot) == [1, 2, 3])
        let forced = try test.backUp(paths: [source.path]) { $0.readsUnchanged = true }
        #expect(forced.progress.unchangedFiles == 0)
        #expect(forced.progress.newBytes == 0)
    }

    @Test func excludesAndCaches() throws {
        let test = try TestRepository.make()
        let source = try TemporaryFolder()
        for name in ["keep/a.txt", "keep/a.o", "cache/data", "skip/all"] { try source.write(name, [1]) }
        try source.write("cache/CACHEDIR.TAG", Array("Signature: 8a477f597d28d172789f06886806bc55".utf8))
        let result = try test.backUp(paths: [source.path]) { request in
            request.excludes = [(try? ExcludePatterns([Array("*.o".utf8), Array("/**/skip".utf8)]))].compactMap { $0 }
            request.excludesCaches = true
        }
        let target = try TemporaryFolder()
        _ = try test.restore(result.snapshot, path: source.path.display, to: target.path)
        #expect(target.exists("keep/a.txt") && target.exists("cache/CACHEDIR.TAG"))
        #expect(!target.exists("keep/a.o") && !target.exists("cache/data") && !target.exists("skip"))
    }

    /// It changes with each backup, and what is kept in it of a remote repository may be large.
    @Test func theOwnCacheIsLeftOutButForItsTag() throws {
        let home = try TemporaryFolder()
        try home.write("notes", [1])
        let link = home.path.appending("link")
        #expect(symlink(home.path.appending(".cache/varve").display, link.display) == 0)
        for root in [home.path.appending(".cache/varve"), link] {
            let test = try TestRepository.make(cacheRoot: root)
            _ = try test.backUp("db", [1, 2, 3])
            let result = try test.backUp(paths: [home.path])
            let target = try TemporaryFolder()
            _ = try test.restore(result.snapshot, path: home.path.display, to: target.path)
            #expect(target.exists("notes") && target.exists("link"))
            let kept = try OpenFile.open(target.path.appending(".cache/varve"), .readOnly, .directory)
            #expect(try Array(DirectoryListing(of: kept)) == [Array("CACHEDIR.TAG".utf8)])
        }
    }

    @Test func aPathThatIsNotThereIsAnErrorAndTheRestIsSaved() throws {
        let test = try TestRepository.make()
        let source = try TemporaryFolder()
        try source.write("a", [1])
        let result = try test.backUp(paths: [source.path, BytePath("/no/such/path")])
        #expect(result.progress.errors == 1)
        #expect(test.warnings.withLock { $0.contains { $0.contains("/no") } })
        #expect(throws: VarveError.self) { try test.backUp(paths: [BytePath("/no/such/path")]) }
    }

    @Test func policiesDecideWhatIsOverwritten() throws {
        let test = try TestRepository.make()
        let source = try TemporaryFolder()
        var random = SeededRandom(seed: 3)
        let bytes = random.bytes(1 << 20)
        try source.write("file", bytes)
        let snapshot = try test.backUp(paths: [source.path]).snapshot
        let target = try TemporaryFolder()
        var other = bytes
        other[500_000] ^= 1
        try target.write("file", other)
        // Something stands in the target: nothing that exists is touched.
        #expect(try test.restore(snapshot, path: source.path.display, to: target.path).progress.skipped == 1)
        #expect(try target.read("file") == other)
        let always = try test.restore(snapshot, path: source.path.display, to: target.path) { $0.overwrite = .always }
        #expect(try target.read("file") == bytes)
        #expect(always.progress.writtenBytes > 0 && always.progress.writtenBytes < 300_000)
        let unchanged = try test.restore(snapshot, path: source.path.display, to: target.path) {
            $0.overwrite = .ifChanged
        }
        #expect(unchanged.progress.skipped == 1)
        try target.write("file", [1])
        let newer = try test.restore(snapshot, path: source.path.display, to: target.path) { $0.overwrite = .ifNewer }
        #expect(newer.progress.skipped == 1)
        #expect(try target.read("file") == [1])
    }

    @Test func aPlantedLinkLeadsNowhere() throws {
        let test = try TestRepository.make()
        let source = try TemporaryFolder()
        try source.write("folder/file", [1, 2, 3])
        let snapshot = try test.backUp(paths: [source.path]).snapshot
        let outside = try TemporaryFolder()
        let target = try TemporaryFolder()
        let root = try OpenFile.open(target.path, .readOnly, .directory)
        try root.makeSymbolicLink(Array("folder".utf8), to: outside.path.bytes)
        for policy in OverwritePolicy.allCases {
            _ = try test.restore(snapshot, path: source.path.display, to: target.path) { $0.overwrite = policy }
            #expect(!outside.exists("file"), "\(policy)")
        }
        // Where it may be replaced, the link gave way to a folder.
        #expect(try target.read("folder/file") == [1, 2, 3])
    }

    @Test func includesAndExcludesChoose() throws {
        let test = try TestRepository.make()
        let source = try TemporaryFolder()
        for name in ["a/one.txt", "a/two.bin", "b/three.txt"] { try source.write(name, [1]) }
        let snapshot = try test.backUp(paths: [source.path]).snapshot
        let target = try TemporaryFolder()
        let pattern = try ExcludePatterns([Array("*.txt".utf8)])
        let b = try ExcludePatterns([Array("b".utf8)])
        _ = try test.restore(snapshot, path: source.path.display, to: target.path) { request in
            request.includes = pattern
            request.excludes = b
        }
        #expect(target.exists("a/one.txt") && !target.exists("a/two.bin") && !target.exists("b"))
    }
}
