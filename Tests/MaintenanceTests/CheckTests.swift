import Backends
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

/// Damages a repository in every kind of place. A check must name it, and a reader must give the right bytes or none.
struct CheckTests {
    private let backend = MemoryBackend()
    private let bytes: [UInt8]
    private let snapshot: Snapshot

    init() throws {
        var random = SeededRandom(seed: 21)
        bytes = random.text(3 << 20) + random.bytes(1 << 20)
        snapshot = try TestRepository.make(at: backend).backUp("db", bytes).snapshot
    }

    private func check(_ backend: any Backend, readsData: Bool = true) throws -> CheckReport {
        let test = try TestRepository.open(backend)
        return try CheckRun(test.repository, readsData: readsData, width: 2, cancellation: Cancellation()).run()
    }

    private func copy() throws -> MemoryBackend {
        let copy = MemoryBackend()
        for folder in StorageFolder.allCases {
            for object in try backend.list(folder) {
                let name = ObjectName(folder, object.id)
                copy.put(name, try backend.read(name))
            }
        }
        try copy.writeConfiguration(try backend.readConfiguration() ?? [])
        return copy
    }

    /// What a reader gets of a damaged repository: right bytes, or an error that says what is wrong.
    private func expectRightBytesOrError(_ damaged: MemoryBackend) {
        do {
            let test = try TestRepository.open(damaged)
            #expect(try test.read("db", of: snapshot) == bytes)
        } catch {
            let kind = (error as? VarveError)?.kind
            #expect([.damaged, .unsupported, .notFound, .wrongPassword].contains(kind), "\(error)")
        }
    }

    @Test func aCleanRepositoryHasNoProblems() throws {
        for readsData in [false, true] {
            let report = try check(backend, readsData: readsData)
            #expect(report.problems == [])
            #expect(report.snapshots == 1 && report.packs >= 2 && report.chunkReferences > 50)
            #expect((report.readBytes == report.packBytes) == readsData)
        }
    }

    @Test(arguments: StorageFolder.allCases)
    func everyFlippedByteIsFound(folder: StorageFolder) throws {
        var random = SeededRandom(seed: 22)
        for object in try backend.list(folder) {
            let name = ObjectName(folder, object.id)
            let size = Int(object.size)
            // The header, the first segment, the end with directory, footer and second header, and anywhere.
            var positions = [
                0, 9, 10, 11, 14, 20, 30, 60, 120, 125, 128, 140, size - 1, size - 100, size - 150, size - 1000,
            ]
            for _ in 0..<8 { positions.append(Int(random.next() % UInt64(size))) }
            for position in positions where (0..<size).contains(position) {
                let damaged = try copy()
                damaged.tamper(with: name) { bytes in
                    var bytes = bytes
                    bytes[position] ^= UInt8(1 << (random.next() % 8))
                    return bytes
                }
                expectRightBytesOrError(damaged)
                if folder == .keys { continue }
                let report = try check(damaged)
                #expect(report.isDamaged, "\(name) at \(position)")
                let isNamed = report.problems.contains {
                    $0.object.contains(object.id.hex) || $0.problem.contains(object.id.hex)
                }
                #expect(isNamed, "\(name) at \(position): \(report.problems)")
            }
        }
    }

    @Test(arguments: [StorageFolder.data, .index, .snapshots])
    func truncatedEmptyAndMissingObjects(folder: StorageFolder) throws {
        for object in try backend.list(folder) {
            let name = ObjectName(folder, object.id)
            for keep in [0, 1, 127, 128, 200, Int(object.size) - 1] {
                let damaged = try copy()
                damaged.tamper(with: name) { Array($0.prefix(keep)) }
                expectRightBytesOrError(damaged)
                #expect(try check(damaged, readsData: false).isDamaged, "\(name) cut to \(keep)")
            }
            let missing = try copy()
            missing.delete(name)
            expectRightBytesOrError(missing)
            // A snapshot that is gone is a matter of its writer's sequence; the others must be missed.
            if folder != .snapshots {
                let report = try check(missing, readsData: false)
                #expect(
                    report.isDamaged == (folder == .data)
                        || report.problems.contains { $0.problem.contains("no index") })
            }
        }
    }

    @Test func swappedPacksAreFound() throws {
        let packs = try backend.list(.data).map { ObjectName(.data, $0.id) }
        let damaged = try copy()
        let first = try backend.read(packs[0])
        let second = try backend.read(packs[1])
        damaged.put(packs[0], second)
        damaged.put(packs[1], first)
        expectRightBytesOrError(damaged)
        #expect(try check(damaged).isDamaged)
    }

    @Test func aDamagedSegmentHealsWithTheNextBackupOnceItIsKnown() throws {
        let damaged = try copy()
        let pack = try #require(try damaged.list(.data).max { $0.size < $1.size })
        damaged.delete(ObjectName(.data, pack.id))
        let test = try TestRepository.open(damaged)
        // The index names the pack and the listing lacks it: its chunks count as unknown.
        let again = try test.backUp("db", bytes)
        #expect(again.progress.newBytes > 0)
        #expect(try test.read("db", of: snapshot) == bytes)
        #expect(try test.read("db", of: again.snapshot) == bytes)
    }

    @Test func aDamagedFileIsSetAsideAndTheRestIsRestored() throws {
        let source = try TemporaryFolder()
        var random = SeededRandom(seed: 23)
        let good = random.bytes(100)
        try source.write("good", good)
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend)
        // In a backup before, so that no segment holds parts of both files.
        _ = try test.backUp(paths: [source.path])
        try source.write("bad", random.bytes(2 << 20))
        let snapshot = try test.backUp(paths: [source.path]).snapshot
        let pack = try #require(try backend.list(.data).max { $0.size < $1.size })
        backend.tamper(with: ObjectName(.data, pack.id)) { bytes in
            var bytes = bytes
            bytes[500] ^= 1
            return bytes
        }
        let target = try TemporaryFolder()
        let result = try test.restore(snapshot, path: source.path.display, to: target.path)
        #expect(result.failures.count == 1)
        #expect(result.failures.first?.isDamage == true)
        #expect(result.failures.first?.path == "/bad")
        #expect(!target.exists("bad") && target.exists("bad.damaged"))
        #expect(try target.read("good") == good)
    }

    @Test func theSelfTestPasses() throws {
        for outcome in try SelfTest(width: 2).run() { #expect(outcome.problem == nil, "\(outcome.name)") }
    }
}
