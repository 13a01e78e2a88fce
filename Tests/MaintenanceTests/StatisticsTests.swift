import Backends
import Indexing
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

/// Figures beside those of plain sets.
struct StatisticsTests {
    private let backend = MemoryBackend()
    private let test: TestRepository
    private let snapshots: [Snapshot]

    /// Eight nights of three hosts: a stream that changes in places, and a folder with files that are equal, new and gone.
    init() throws {
        test = try TestRepository.make(at: backend, bits: 13)
        var random = SeededRandom(seed: 31)
        let folder = try TemporaryFolder()
        for number in 0..<30 { try folder.write("kept/\(number % 4)/\(number)", random.bytes(500 * number)) }
        var dump = random.text(400_000) + random.bytes(300_000)
        for night in 0..<8 {
            dump.replaceSubrange(night * 50_000..<night * 50_000 + 10, with: random.bytes(20))
            try folder.write("new/\(night)", random.bytes(20_000))
            try folder.write("twin", Array(dump[..<100_000]))
            _ = try test.backUp([TestRepository.stream("db", dump)], paths: night % 3 == 2 ? [] : [folder.path]) {
                $0.host = "host\(night % 3)"
            }
        }
        snapshots = try test.snapshots()
    }

    /// What a snapshot reaches.
    private struct Reached {
        var chunks: [ChunkClass: Set<ChunkID>] = [.data: [], .list: [], .tree: []]
        var files: UInt64 = 0
        var bytes: UInt64 = 0

        mutating func formUnion(_ other: Reached) { chunks.merge(other.chunks) { $0.union($1) } }
    }

    private func reach(_ folder: TreeEntry.Subtree, _ reader: TreeReader, _ reached: inout Reached) throws {
        var nodes: Set<ChunkID> = []
        var lists: Set<ChunkID> = []
        var entries: [TreeEntry] = []
        var cursor = TreeCursor(folder)
        while let entry = try cursor.next({ id throws(VarveError) in
            nodes.insert(id)
            return try reader.readTree(id)
        }) {
            entries.append(entry)
        }
        for entry in entries {
            if let subtree = entry.subtree { try reach(subtree, reader, &reached) }
            guard let content = entry.content else { continue }
            reached.files += 1
            reached.bytes += entry.size
            var chunks = ListCursor(content)
            while let chunk = try chunks.next({ id throws(VarveError) in
                lists.insert(id)
                return try reader.readList(id)
            }) {
                reached.chunks[.data]?.insert(chunk.id)
            }
        }
        reached.chunks[.tree]?.formUnion(nodes)
        reached.chunks[.list]?.formUnion(lists)
    }

    private func amount(_ ids: Set<ChunkID>, _ index: ChunkIndex) -> Statistics.Amount {
        var amount = Statistics.Amount(chunks: UInt64(ids.count))
        for id in ids {
            guard let location = index.usableLocation(of: id) else { continue }
            amount.bytes += UInt64(location.length)
            amount.storedBytes += UInt64(
                (Double(location.sealedLength) * Double(location.length) / Double(location.rawLength)).rounded())
        }
        return amount
    }

    private func run(_ groups: [[Snapshot]], countsChunks: Bool = true) throws -> Statistics {
        let index = try test.repository.loadIndex()
        return try StatisticsRun(test.repository, index, cancellation: Cancellation())
            .run(groups, countsChunks: countsChunks)
    }

    private func compare(_ groups: [[Snapshot]]) throws {
        let index = try test.repository.loadIndex().chunks
        let reader = TreeReader(try test.reader())
        let statistics = try run(groups)
        var reached: [Reached] = []
        for (number, group) in groups.enumerated() {
            var whole = Reached()
            for snapshot in group { try reach(snapshot.record.root, reader, &whole) }
            reached.append(whole)
            #expect(statistics.groups[number].size == LogicalSize(files: whole.files, bytes: whole.bytes))
            #expect(statistics.groups[number].snapshots == group.count)
        }
        for (number, own) in reached.enumerated() {
            var others = Reached()
            for (other, content) in reached.enumerated() where other != number { others.formUnion(content) }
            func unique(_ chunkClass: ChunkClass) -> Set<ChunkID> {
                (own.chunks[chunkClass] ?? []).subtracting(others.chunks[chunkClass] ?? [])
            }
            let found = statistics.groups[number]
            #expect(found.unique.data == amount(unique(.data), index))
            #expect(found.unique.metadata == amount(unique(.tree).union(unique(.list)), index))
            #expect(found.sharedBytes == own.bytes - found.unique.data.bytes)
        }
        var all = Reached()
        for content in reached { all.formUnion(content) }
        #expect(statistics.content.data == amount(all.chunks[.data] ?? [], index))
        let deltas = (all.chunks[.data] ?? []).filter { index.usableLocation(of: $0)?.bases.isEmpty == false }
        #expect(!deltas.isEmpty && statistics.content.deltas == amount(deltas, index))
        #expect(statistics.content.savedBytes > 0)
        let metadata = (all.chunks[.tree] ?? []).union(all.chunks[.list] ?? [])
        #expect(statistics.content.metadata == amount(metadata, index))
        #expect(statistics.missingChunks == 0)
    }

    @Test func snapshotsAgreeWithSets() throws {
        #expect(snapshots.count == 8)
        try compare(snapshots.map { [$0] })
        try compare([snapshots])
        try compare([Array(snapshots[2...3])])
        try compare([[snapshots[5]], [snapshots[0]], [snapshots[1]]])
    }

    @Test func hostsAgreeWithSets() throws {
        let hosts = Dictionary(grouping: snapshots, by: \.record.host)
        #expect(hosts.count == 3)
        try compare(hosts.sorted { $0.key < $1.key }.map(\.value))
    }

    @Test func theSameSnapshotTwiceSharesAll() throws {
        let statistics = try run([[snapshots[0]], [snapshots[0]]])
        for group in statistics.groups { #expect(group.unique == Statistics.Content()) }
        #expect(try statistics.content == run([[snapshots[0]]]).content)
    }

    @Test func filesAloneNeedNoChunks() throws {
        let statistics = try run(snapshots.map { [$0] }, countsChunks: false)
        let counted = try run(snapshots.map { [$0] })
        #expect(statistics.groups.map(\.size) == counted.groups.map(\.size))
        #expect(statistics.groups.map(\.size.bytes) == snapshots.map(\.record.summary.bytes))
        #expect(statistics.content == Statistics.Content())
        #expect(statistics.size.bytes == snapshots.reduce(0) { $0 + $1.record.summary.bytes })
    }

    @Test func everyObjectCounts() throws {
        let statistics = try run([])
        let packs = try backend.list(.data)
        #expect(statistics.packs == packs.count)
        #expect(statistics.packBytes == packs.reduce(0) { $0 + $1.size })
        var bytes = UInt64(try backend.readConfiguration()?.count ?? 0)
        for folder in StorageFolder.allCases { bytes += try backend.list(folder).reduce(0) { $0 + $1.size } }
        #expect(statistics.repositoryBytes == bytes)
        #expect(statistics.snapshots == 0 && statistics.size == LogicalSize())
        // Packs hold what snapshots need, and headers, directories and padding; of the streams, 300,000 bytes do not compress.
        let needed = try run([snapshots]).content.storedBytes
        #expect(needed > 300_000 && needed < statistics.packBytes)
    }

    /// Nodes that two groups reach are read twice at most, in whatever order groups come.
    @Test func aNodeIsReadAtMostTwice() throws {
        let reader = TreeReader(try test.reader())
        let index = try test.repository.loadIndex().chunks
        let reads = Locked<[ChunkID: Int]>([:])
        var walk = ReachabilityWalk(
            Claims(index: index, owners: OrdinalOwners(count: index.ordinalCount)), cancellation: Cancellation(),
            readTree: { id throws(VarveError) in
                reads.withLock { $0[id, default: 0] += 1 }
                return try reader.readTree(id)
            },
            readList: { id throws(VarveError) in
                reads.withLock { $0[id, default: 0] += 1 }
                return try reader.readList(id)
            })
        for (number, snapshot) in (snapshots + snapshots.reversed()).enumerated() {
            walk.visitor.group = number
            _ = try walk.walk(snapshot.record.root)
        }
        let counts = reads.withLock { Array($0.values) }
        #expect(counts.count > 20 && counts.allSatisfy { $0 <= 2 })
    }

    private struct Claims: ReachabilityVisitor {
        let index: ChunkIndex
        var owners: OrdinalOwners
        var group = 0

        mutating func visit(_ id: ChunkID, as chunkClass: ChunkClass) -> Bool {
            index.ordinal(of: id).map { owners.claim($0, for: group) != .known } ?? true
        }
    }

    @Test func missingChunksAreCounted() throws {
        let index = try test.repository.loadIndex()
        let location = try #require(
            index.chunks.packs.first { pack in
                // A pack of data: metadata must be there to be read.
                (try? test.repository.readPackRecord(pack.id, size: pack.size).directory.segments.first?.chunkClass)
                    == .data
            })
        for object in try backend.list(.index) { backend.delete(ObjectName(.index, object.id)) }
        backend.delete(ObjectName(.data, location.id))
        let opened = try TestRepository.open(backend)
        let rest = try opened.repository.loadIndex(readsUnindexedPacks: true)
        let statistics = try StatisticsRun(opened.repository, rest, cancellation: Cancellation())
            .run([snapshots], countsChunks: true)
        #expect(statistics.missingChunks > 0)
        #expect(statistics.size.bytes == snapshots.reduce(0) { $0 + $1.record.summary.bytes })
    }

    @Test func tooManyGroupsAreRefused() throws {
        let groups = Array(repeating: [snapshots[0]], count: OrdinalOwners.groupLimit + 1)
        #expect(failure { try run(groups) }?.kind == .usage)
    }
}
