import Backends
import FileIO
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing

/// This machine's cache: what it saves, and that nothing depends on it.
struct CacheFolderTests {
    private let folder: TemporaryFolder
    private let backend = MemoryBackend()

    init() throws { folder = try TemporaryFolder() }

    private func cache(_ test: TestRepository) -> CacheFolder { test.repository.cache }

    private func files(below path: BytePath) throws -> [BytePath] {
        let directory = try OpenFile.open(path, .readOnly, .directory)
        return try DirectoryListing(of: directory).flatMap { name in
            let status = try FileMetadata.read(at: directory, name: name)
            return status.kind == .directory ? try files(below: path.appending(name)) : [path.appending(name)]
        }
    }

    @Test func snapshotsOfOneCacheAreNumbered() throws {
        let test = try TestRepository.make(at: backend, cacheRoot: folder.path)
        let first = try test.backUp("db", [1]).snapshot
        let second = try test.backUp("db", [2]).snapshot
        let reopened = try TestRepository.open(backend, cacheRoot: folder.path)
        let third = try reopened.backUp("db", [3]).snapshot
        let records = [first, second, third].map(\.record)
        #expect(records.map(\.sequence) == [1, 2, 3])
        #expect(Set(records.map(\.writer)).count == 1)
        #expect(records.map(\.previous) == [nil, first.id, second.id])
        // Without the cache somebody else writes.
        let stranger = try TestRepository.open(backend).backUp("db", [4]).snapshot.record
        #expect(stranger.sequence == 1 && stranger.writer != records[0].writer && stranger.previous == nil)
    }

    /// A crash between taking a number and putting the snapshot leaves a gap, never a number used twice.
    @Test func aNumberIsNeverUsedTwice() throws {
        let faulty = FaultyBackend(backend)
        let test = try TestRepository.make(at: faulty, cacheRoot: folder.path)
        let first = try test.backUp("db", [1]).snapshot
        faulty.setRule { operation, _ in operation == .put(.snapshots) ? .fail : .none }
        #expect(failure { try test.backUp("db", [2]) }?.kind == .storage)
        faulty.setRule { _, _ in .none }
        let third = try test.backUp("db", [3]).snapshot
        #expect(third.record.sequence == 3 && third.record.previous == first.id)
    }

    /// Damage anywhere in the cache costs time and nothing else: at worst a reader is told to try again.
    @Test func damagedFilesAreNotBelieved() throws {
        let test = try TestRepository.make(at: backend, cacheRoot: folder.path)
        var random = SeededRandom(seed: 1)
        let bytes = random.bytes(1 << 20)
        let snapshot = try test.backUp("db", bytes).snapshot
        _ = try test.snapshots()
        let paths = try files(below: cache(test).path).filter { $0.lastComponent != Array("writer.lock".utf8) }
        #expect(paths.count >= 3)
        for path in paths {
            let original = try OpenFile.open(path).readAll(limit: 1 << 24)
            for position in stride(from: 0, to: original.count, by: max(1, original.count / 5)) {
                var damaged = original
                damaged[position] ^= 0x40
                // The one before may have been found out and removed.
                try OpenFile.open(path, .writeOnly, [.create, .truncate]).write(damaged)
                let reopened = try TestRepository.open(backend, cacheRoot: folder.path)
                #expect(try reopened.snapshots().map(\.id) == [snapshot.id])
                let error = failure {
                    let read = try reopened.read("db", of: snapshot)
                    #expect(read == bytes)
                }
                if let error {
                    #expect(error.kind == .local && error.isRetryable, "\(error)")
                    let again = try TestRepository.open(backend, cacheRoot: folder.path)
                    #expect(try again.read("db", of: snapshot) == bytes)
                }
            }
        }
    }

    @Test func whatCanBeRebuiltIsClearedAndTheSequenceStays() throws {
        let test = try TestRepository.make(at: backend, cacheRoot: folder.path)
        let first = try test.backUp("db", [1]).snapshot
        _ = try test.snapshots()
        let before = try cache(test).size()
        try cache(test).clear()
        #expect(try cache(test).size() < before)
        let reopened = try TestRepository.open(backend, cacheRoot: folder.path)
        #expect(try reopened.read("db", of: first) == [1])
        #expect(try reopened.backUp("db", [2]).snapshot.record.sequence == 2)
    }

    @Test func whatTheRepositoryLostIsDropped() throws {
        let test = try TestRepository.make(at: backend, cacheRoot: folder.path)
        let first = try test.backUp("db", [1]).snapshot
        let second = try test.backUp("db", [2]).snapshot
        #expect(try test.snapshots().map(\.id) == [first.id, second.id])
        #expect(cache(test).object(ObjectName(.snapshots, first.id)) != nil)
        backend.delete(ObjectName(.snapshots, first.id))
        #expect(try test.snapshots().map(\.id) == [second.id])
        #expect(cache(test).object(ObjectName(.snapshots, first.id)) == nil)
        #expect(cache(test).object(ObjectName(.snapshots, second.id)) != nil)
    }

    @Test func aTemporaryCacheGoesWithItsRepository() throws {
        let path: BytePath
        do {
            let test = try TestRepository.make()
            _ = try test.backUp("db", [1])
            path = test.repository.cache.path
            #expect((try? FileMetadata.read(path)) != nil)
        }
        #expect((try? FileMetadata.read(path)) == nil)
    }

    @Test func theFolderSaysThatItIsACache() throws {
        _ = try TestRepository.make(at: backend, cacheRoot: folder.path)
        let tag = try folder.read("CACHEDIR.TAG")
        #expect(tag.starts(with: Array("Signature: 8a477f597d28d172789f06886806bc55".utf8)))
    }

    @Test(arguments: [
        (["XDG_CACHE_HOME": "/x", "HOME": "/h"], "/x/varve"),
        (["XDG_CACHE_HOME": "x", "HOME": "/h"], "/h/.cache/varve"),
        (["HOME": "h"], nil), ([:], nil),
    ])
    func whereCachesAre(variables: [String: String], expected: String?) {
        #expect(CacheFolder.standard { variables[$0] }?.display == expected)
    }
}
