import Backends
import FileIO
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

/// What a check says and writes down, for each kind of damage.
struct CheckFindingsTests {
    @Test func aDamagedSegmentIsWrittenDownAndHealsWithTheNextBackup() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        damaged.backend.flip(pack.name, at: 500)
        let first = try damaged.check()
        #expect(first.damagedParts == [IndexRecord.DamagedPart(pack: pack.id, segment: 128)])
        #expect(first.recordedParts == 1 && first.recordingFailure == nil && first.isDamaged)

        // Now the structure alone tells what is lost, and nothing is written down twice.
        let second = try damaged.check(readsData: false)
        #expect(second.problems.contains { $0.severity == .damage && $0.object.contains("/db") })
        #expect(try damaged.check().recordedParts == 0)

        let again = try damaged.open().backUp("db", damaged.bytes)
        #expect(again.progress.newBytes >= UInt64(pack.directory.segments[0].rawLength))
        let third = try damaged.check()
        #expect(!third.isDamaged, "\(third.problems)")
        #expect(third.problems.contains { $0.severity == .note && $0.object.contains(pack.id.hex) })
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    @Test func withoutRecordsNothingIsWritten() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        damaged.backend.flip(pack.name, at: 500)
        let before = try damaged.backend.names(in: .index)
        let report = try damaged.check(recordsDamage: false)
        #expect(report.isDamaged && report.recordedParts == 0 && report.damagedParts.count == 1)
        #expect(try damaged.backend.names(in: .index) == before)
    }

    @Test func aStorageThatIsReadOnlyIsSaid() throws {
        let damaged = try DamagedRepository()
        damaged.backend.flip(try #require(try damaged.packs().first).name, at: 500)
        let faulty = FaultyBackend(damaged.backend)
        faulty.setRule { operation, _ in if case .put = operation { .fail } else { .none } }
        let report = try CheckRun(
            try TestRepository.open(faulty).repository, readsData: true, width: 2, cancellation: Cancellation()
        ).run()
        #expect(report.isDamaged && report.recordingFailure?.kind == .storage && report.recordedParts == 0)
    }

    /// A list node that cannot be read is found by the structure alone. (A root page would be lost: it holds the time of its backup.)
    @Test func aDamagedNodeIsWrittenDownWithoutReadingData() throws {
        let damaged = try DamagedRepository()
        let part = try damaged.listSegment()
        damaged.backend.flip(ObjectName(.data, part.pack), at: Int(try #require(part.segment)) + 12)
        let report = try damaged.check(readsData: false)
        #expect(report.isDamaged && report.damagedParts == [part] && report.recordedParts == 1)
        _ = try damaged.open().backUp("db", damaged.bytes)
        let healed = try damaged.check()
        #expect(!healed.isDamaged, "\(healed.problems)")
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    @Test func aPackWhoseTailIsDamagedIsDamagedAsAWhole() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        damaged.backend.flip(pack.name, at: Int(pack.size) - 150)
        let report = try damaged.check()
        #expect(report.damagedParts == [IndexRecord.DamagedPart(pack: pack.id, segment: nil)])
        #expect(report.recordedParts == 1)
    }

    @Test(arguments: [0, 1, 100_000]) func aPackOfAnotherSizeCountsAsUnknown(size: Int) throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        damaged.backend.tamper(with: pack.name) { Array($0.prefix(size)) }
        #expect(try damaged.check(readsData: false).isDamaged)
        let again = try damaged.open().backUp("db", damaged.bytes)
        let raw = pack.directory.segments.reduce(0) { $0 + UInt64($1.rawLength) }
        #expect(again.progress.newBytes == raw)
        #expect(try damaged.open().read("db", of: again.snapshot) == damaged.bytes)
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    @Test func theNewestSnapshotOfAWriterIsMissedByItsMachine() throws {
        let cache = try TemporaryFolder()
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend, cacheRoot: cache.path)
        _ = try test.backUp("a", [1, 2, 3])
        let second = try test.backUp("b", [4, 5, 6]).snapshot
        let third = try test.backUp("c", [7, 8, 9]).snapshot
        let memory = test.repository.cache
        func missing(_ memory: CacheFolder?) throws -> [String] {
            let report = try CheckRun(
                try TestRepository.open(backend).repository, readsData: false, memory: memory, width: 2,
                cancellation: Cancellation()
            ).run()
            return report.problems.filter { $0.severity == .damage }.map(\.object)
        }
        #expect(try missing(memory) == [])
        backend.delete(ObjectName(.snapshots, third.id))
        #expect(try missing(nil) == [])
        #expect(try missing(memory) == ["\(ObjectName(.snapshots, third.id))"])
        // One before it is named by the one behind it, wherever the check runs.
        backend.delete(ObjectName(.snapshots, second.id))
        _ = try test.backUp("d", [10, 11])
        #expect(try missing(nil) == ["\(ObjectName(.snapshots, third.id))"])
        #expect(try Set(missing(memory)).contains("\(ObjectName(.snapshots, third.id))"))
    }

    /// A check that goes by a cache reads past what is damaged of it, and never calls the repository damaged for it.
    @Test func aDamagedCacheIsNoDamageOfTheRepository() throws {
        let cache = try TemporaryFolder()
        let backend = MemoryBackend()
        var random = SeededRandom(seed: 8)
        _ = try TestRepository.make(at: backend, cacheRoot: cache.path).backUp("db", random.bytes(1 << 20))
        for _ in 0..<60 {
            let repository = try TestRepository.open(backend, cacheRoot: cache.path).repository
            _ = try repository.loadIndex()
            let runs = repository.cache.runs
            for name in try DirectoryListing(of: OpenFile.open(runs, .readOnly, .directory)) {
                let path = runs.appending(name)
                var bytes = try OpenFile.open(path).readAll(limit: 1 << 24)
                bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
                try path.removeFile()
                try OpenFile.open(path, .writeOnly, [.create]).write(bytes)
            }
            let report = try CheckRun(
                repository, readsData: false, width: 1, cancellation: Cancellation()
            ).run()
            #expect(!report.isDamaged, "\(report.problems)")
        }
    }

    @Test func whatWasForgottenIsNotMissed() throws {
        let cache = try TemporaryFolder()
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend, cacheRoot: cache.path)
        let first = try test.backUp("a", [1, 2, 3]).snapshot
        let second = try test.backUp("b", [4, 5, 6]).snapshot
        _ = try SnapshotRemoval(test.repository, cancellation: Cancellation()).run([first, second])
        let report = try CheckRun(
            try TestRepository.open(backend).repository, readsData: true, memory: test.repository.cache, width: 2,
            cancellation: Cancellation()
        ).run()
        #expect(!report.isDamaged, "\(report.problems)")
        #expect(report.unreferencedPacks.count == report.packs && report.packs > 0)
    }

    @Test func unreferencedAndCondemnedPacksAreListed() throws {
        let damaged = try DamagedRepository()
        #expect(try damaged.check().unreferencedPacks.isEmpty)
        let other = try damaged.open().backUp("other", Array("something else".utf8)).snapshot
        let before = Set(try damaged.packs().map(\.id) + damaged.packs(.metadataPack).map(\.id))
        _ = try SnapshotRemoval(try damaged.open().repository, cancellation: Cancellation()).run([other])
        let report = try damaged.check()
        #expect(!report.isDamaged && report.unreferencedPacks.count == 2)
        #expect(before.isSuperset(of: report.unreferencedPacks.map(\.id)))
        _ = try damaged.put(.condemn([report.unreferencedPacks[0].id]))
        let condemned = try damaged.check()
        #expect(!condemned.isDamaged, "\(condemned.problems)")
        #expect(condemned.condemnedPacks == [report.unreferencedPacks[0]])
        #expect(condemned.unreferencedPacks == [report.unreferencedPacks[1]])
    }

    @Test func whatWasVerifiedIsRememberedPartByPart() throws {
        let cache = try TemporaryFolder()
        let damaged = try DamagedRepository()
        let memory = try damaged.open(cacheRoot: cache.path).repository.cache
        let total = try damaged.backend.list(.data).reduce(0) { $0 + $1.size }
        let before = try damaged.check(readsData: false, memory: memory)
        #expect(before.standing?.neverVerifiedBytes == total && before.standing?.oldest == nil)
        var read: UInt64 = 0
        for number in 1...3 {
            let report = try damaged.check(subset: .part(number, of: 3), memory: memory)
            read += report.readBytes
            #expect(report.standing?.neverVerifiedBytes == total - read)
            #expect(report.readBytes == report.chosenBytes)
        }
        #expect(read == total)
        let after = try damaged.check(readsData: false, memory: memory)
        #expect(after.standing?.neverVerifiedBytes == 0 && after.standing?.oldest != nil)
        #expect(try damaged.check(readsData: false).standing == nil)
    }

    @Test func aDamagedPackIsNotRememberedAsVerified() throws {
        let cache = try TemporaryFolder()
        let damaged = try DamagedRepository()
        let memory = try damaged.open(cacheRoot: cache.path).repository.cache
        let pack = try #require(try damaged.packs().first)
        damaged.backend.flip(pack.name, at: 500)
        #expect(try damaged.check(memory: memory).standing?.neverVerifiedBytes == pack.size)
    }

    @Test func keylessComparesEveryObjectWithItsName() throws {
        let damaged = try DamagedRepository()
        func check(_ backend: MemoryBackend, _ subset: DataSubset = .all) throws -> CheckReport {
            try KeylessCheck(backend, subset: subset, width: 2, cancellation: Cancellation()).run()
        }
        let clean = try check(damaged.backend)
        #expect(clean.problems == [] && clean.packs >= 2 && clean.readBytes == clean.packBytes)
        var parts: UInt64 = 0
        for number in 1...2 { parts += try check(damaged.backend, .part(number, of: 2)).readBytes }
        #expect(parts == clean.readBytes)
        for folder in StorageFolder.allCases {
            for name in try damaged.backend.names(in: folder) {
                let copy = try damaged.backend.copy()
                copy.flip(name, at: 17)
                let report = try check(copy)
                #expect(report.problems.map(\.object) == ["\(name)"] && report.isDamaged)
            }
        }
        let foreign = try damaged.backend.copy(configuration: Array("{}".utf8))
        #expect(try check(foreign).isDamaged)
        #expect(failure { try check(MemoryBackend()) }?.kind == .repositoryMissing)
    }
}
