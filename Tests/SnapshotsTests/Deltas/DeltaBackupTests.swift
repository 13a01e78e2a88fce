import Backends
import FileIO
import Indexing
import Packing
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

private func backUp(_ test: TestRepository, _ bytes: [UInt8], _ deltas: DeltaPolicy = .auto) throws -> BackupResult {
    try test.backUp([TestRepository.stream("db", bytes, allowsEmpty: true)]) { $0.deltas = deltas }
}

/// All segments that are stored.
private func segments(_ test: TestRepository) throws -> [SegmentEntry] {
    var segments: [SegmentEntry] = []
    for pack in try test.repository.backend.list(.data) {
        segments += try test.repository.readPackRecord(pack.id, size: pack.size).directory.segments
    }
    return segments
}

extension [SegmentEntry] {
    /// Bytes without what packs are padded to.
    fileprivate func bytes(_ chunkClass: ChunkClass? = nil) -> Int {
        filter { chunkClass == nil || $0.chunkClass == chunkClass }.reduce(0) { $0 + Int($1.sealedLength) }
    }

    fileprivate func deltas(_ chunkClass: ChunkClass) -> [SegmentEntry] {
        filter { $0.chunkClass == chunkClass && $0.codec == .zstdWithPrefix }
    }
}

struct DeltaBackupTests {
    @Test func scatteredEditsCostLittle() throws {
        let plain = try TestRepository.make(bits: 13)
        let delta = try TestRepository.make(bits: 13)
        var table = EditedTable(rows: 30_000, seed: 1)
        var versions: [(bytes: [UInt8], plain: Int, delta: Int, snapshot: Snapshot)] = []
        for _ in 1...5 {
            let bytes = table.bytes
            _ = try backUp(plain, bytes, .off)
            let snapshot = try backUp(delta, bytes).snapshot
            versions.append((bytes, try segments(plain).bytes(), try segments(delta).bytes(), snapshot))
            table.change(oneIn: 500)
        }
        // The first has nothing to be compared with.
        let plainCost = versions[4].plain - versions[0].plain
        let deltaCost = versions[4].delta - versions[0].delta
        #expect(deltaCost * 4 < plainCost, "\(deltaCost) of \(plainCost)")
        for version in versions { #expect(try delta.read("db", of: version.snapshot) == version.bytes) }
        #expect(delta.warnings.withLock { $0 } == [])
        #expect(try segments(plain).allSatisfy { $0.codec.isPlain })
    }

    /// Whatever is inserted before them: after many versions chunks still have the bases that are like them, and few others.
    @Test func basesStayFew() throws {
        let test = try TestRepository.make(bits: 13)
        var table = EditedTable(rows: 20_000, seed: 3)
        var last: Set<ChunkID> = []
        for day in 1...12 {
            let before = Set(try segments(test).flatMap(\.chunks).map(\.id))
            let bytes = table.bytes
            let snapshot = try backUp(test, bytes).snapshot
            if day == 12 {
                last = Set(try segments(test).flatMap(\.chunks).map(\.id)).subtracting(before)
                #expect(try test.read("db", of: snapshot) == bytes)
            }
            table.change(oneIn: 400)
            table.insert(40, at: 1000 * day)
        }
        let deltas = try segments(test).deltas(.data).filter { $0.chunks.contains { last.contains($0.id) } }
        let chunks = deltas.reduce(0) { $0 + $1.chunks.count }
        let bases = deltas.reduce(0) { $0 + $1.bases.count }
        #expect(chunks > last.count / 2, "\(chunks) of \(last.count) new chunks are in deltas")
        #expect(2 * bases <= 3 * chunks, "\(bases) bases for \(chunks) chunks")
    }

    enum Edit: CaseIterable {
        case insertAtStart, insertInside, removeStart, removeInside, removeEnd, swapHalves, changeAll, empty, other

        /// The table after the edit.
        func apply(to table: EditedTable) -> [UInt8] {
            var table = table
            // A few rows elsewhere as well, so that there are new chunks whose place must be found.
            table.change(oneIn: 3000)
            switch self {
            case .insertAtStart: table.insert(3000, at: 0)
            case .insertInside: table.insert(3000, at: 10_000)
            case .removeStart: table.remove(0..<3000)
            case .removeInside: table.remove(10_000..<13_000)
            case .removeEnd: table.remove(17_000..<20_000)
            case .swapHalves: table.swapHalves()
            case .changeAll: table.changeAll()
            case .empty: return []
            case .other: return EditedTable(rows: 20_000, seed: 99).bytes
            }
            return table.bytes
        }

        /// Of the bytes that are stored without deltas, the part that may be stored with them.
        var limit: Double {
            switch self {
            case .insertAtStart, .insertInside: 0.97
            case .removeStart, .removeInside, .removeEnd, .swapHalves, .changeAll: 0.4
            case .empty, .other: 1.1
            }
        }
    }

    @Test(arguments: Edit.allCases)
    func everyEditComesBack(edit: Edit) throws {
        let table = EditedTable(rows: 20_000, seed: 2)
        let before = table.bytes
        let after = edit.apply(to: table)
        var costs: [DeltaPolicy: Int] = [:]
        for policy in [DeltaPolicy.off, .auto] {
            let test = try TestRepository.make(bits: 13)
            let first = try backUp(test, before, policy)
            let start = try segments(test).bytes()
            let second = try backUp(test, after, policy)
            costs[policy] = try segments(test).bytes() - start
            // And back again, which finds all it needs.
            let third = try backUp(test, before, policy)
            #expect(third.progress.newBytes == 0)
            #expect(try test.read("db", of: first.snapshot) == before)
            #expect(try test.read("db", of: second.snapshot) == after)
            #expect(try test.read("db", of: third.snapshot) == before)
            #expect(test.warnings.withLock { $0 } == [])
        }
        let (delta, plain) = (Double(costs[.auto] ?? 0), Double(costs[.off] ?? 0))
        #expect(delta <= edit.limit * plain, "\(delta) of \(plain)")
    }

    @Test func nodesOfListsAreDeltas() throws {
        let test = try TestRepository.make(bits: 13)
        var table = EditedTable(rows: 40_000, seed: 3)
        _ = try backUp(test, table.bytes)
        let first = try segments(test)
        table.change(oneIn: 2000)
        let bytes = table.bytes
        let second = try backUp(test, bytes).snapshot
        #expect(first.deltas(.list).isEmpty)
        let cost = try segments(test).bytes(.list) - first.bytes(.list)
        #expect(cost * 3 < first.bytes(.list), "\(cost) of \(first.bytes(.list))")
        #expect(try !segments(test).deltas(.list).isEmpty)
        #expect(try test.read("db", of: second) == bytes)
    }

    @Test func filesAndFoldersOfATreeAreDeltas() throws {
        let folder = try TemporaryFolder()
        var table = EditedTable(rows: 20_000, seed: 4)
        try folder.write("data/base", table.bytes)
        for number in 0..<3000 { try folder.write("data/many/\(number)", []) }
        let test = try TestRepository.make(bits: 13)
        _ = try test.backUp(paths: [folder.path])
        let first = try segments(test)
        table.change(oneIn: 1000)
        let bytes = table.bytes
        try folder.write("data/base", bytes)
        for number in 0..<30 { try folder.write("data/many/\(100 * number)", [1]) }
        let result = try test.backUp(paths: [folder.path])
        let second = try segments(test)
        #expect(second.bytes(.data) - first.bytes(.data) < Int(result.progress.newBytes) / 8)
        #expect((second.bytes(.tree) - first.bytes(.tree)) * 3 < first.bytes(.tree))
        #expect(!second.deltas(.data).isEmpty && !second.deltas(.tree).isEmpty)
        let path = folder.path.appending(Array("data/base".utf8)).display
        #expect(try test.read(String(path.dropFirst()), of: result.snapshot) == bytes)
    }

    /// A stream keeps its bases where other streams came to the backup or went.
    @Test func aStreamIsFoundAmongOthers() throws {
        let test = try TestRepository.make(bits: 13)
        var table = EditedTable(rows: 20_000, seed: 5)
        _ = try test.backUp([TestRepository.stream("pg/db", table.bytes)])
        table.change(oneIn: 1000)
        let streams = try [TestRepository.stream("pg/db", table.bytes), TestRepository.stream("pg/new", [1, 2, 3])]
        let result = try test.backUp(streams)
        #expect(result.parent == nil)
        #expect(try !segments(test).deltas(.data).isEmpty)
        #expect(try test.read("pg/db", of: result.snapshot) == table.bytes)
    }

    /// More streams at once than there are spare buffers: all go on.
    @Test(arguments: [3, 20])
    func manyStreamsShareTheirBuffers(count: Int) throws {
        let test = try TestRepository.make(bits: 13)
        var tables = (0..<count).map { EditedTable(rows: 6000, seed: UInt64($0)) }
        var snapshots: [(Snapshot, [[UInt8]])] = []
        for _ in 0..<4 {
            let contents = tables.map(\.bytes)
            let streams = try contents.enumerated().map { try TestRepository.stream("s\($0.offset)", $0.element) }
            snapshots.append((try test.backUp(streams).snapshot, contents))
            for number in tables.indices {
                tables[number].change(oneIn: 200)
                tables[number].insert(300, at: 3000)
            }
        }
        #expect(try !segments(test).deltas(.data).isEmpty)
        for (snapshot, contents) in snapshots {
            for number in [0, count - 1] { #expect(try test.read("s\(number)", of: snapshot) == contents[number]) }
        }
    }

    /// The list of the parent is gone: what changed is stored whole, and that is said once.
    @Test func aParentThatCannotBeReadGivesNoBases() throws {
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend, bits: 13)
        var table = EditedTable(rows: 30_000, seed: 6)
        let first = try backUp(test, table.bytes).snapshot
        for pack in try backend.list(.data) {
            let record = try test.repository.readPackRecord(pack.id, size: pack.size)
            guard record.directory.segments.contains(where: { $0.chunkClass == .list }) else { continue }
            let name = ObjectName(.data, pack.id)
            var bytes = try backend.read(name)
            bytes[200] ^= 1
            backend.put(name, bytes)
        }
        table.change(oneIn: 1000)
        let bytes = table.bytes
        let again = try TestRepository.open(backend)
        let streams = try [TestRepository.stream("db", bytes), TestRepository.stream("db2", bytes)]
        let result = try again.backUp(streams) { $0.parent = first.id }
        #expect(try segments(again).deltas(.data).isEmpty)
        #expect(again.warnings.withLock { $0.filter { $0.contains("parent snapshot cannot be read") }.count } == 1)
        #expect(result.progress.newBytes > 0)
    }

    @Test(arguments: [(DeltaPolicy.auto, false), (.always, true), (.off, false)])
    func distantRepositoriesGetDeltasWhereAskedFor(policy: DeltaPolicy, hasDeltas: Bool) throws {
        let test = try TestRepository.make(at: DistantBackend(MemoryBackend()), bits: 13)
        var table = EditedTable(rows: 20_000, seed: 7)
        _ = try backUp(test, table.bytes, policy)
        table.change(oneIn: 1000)
        let snapshot = try backUp(test, table.bytes, policy).snapshot
        #expect(try segments(test).deltas(.data).isEmpty != hasDeltas)
        #expect(try test.read("db", of: snapshot) == table.bytes)
    }

    /// A base is not asked for where it is needed: all that a stretch needs of a pack comes with few requests.
    @Test func basesAreReadAhead() throws {
        let backend = DistantBackend(MemoryBackend())
        let test = try TestRepository.make(at: backend, bits: 13)
        var table = EditedTable(rows: 60_000, seed: 8)
        var last = try backUp(test, table.bytes, .always).snapshot
        for _ in 1...3 {
            table.change(oneIn: 500)
            last = try backUp(test, table.bytes, .always).snapshot
        }
        let stored = try segments(test)
        #expect(stored.deltas(.data).count > 10)
        backend.reset()
        #expect(try test.read("db", of: last) == table.bytes)
        let reads = backend.requests.count { $0.operation == .read && $0.folder == .data }
        #expect(reads * 3 < stored.count, "\(reads) requests for \(stored.count) segments")
    }
}
