import FileIO
import Primitives
import Snapshots

/// Measures the building of the tree of a large folder from its entries, and going through it again.
enum TreeGroup {
    static func measure(with bench: Bench) throws {
        let count = bench.isQuick ? 100_000 : 500_000
        let entries = (0..<count).map(makeFile)
        let (nodes, folder) = try build(entries)
        try bench.reportNodes(
            Kernel("coding") { Results.take(try build(entries).nodes.byteCount) }, in: .trees, data: "files",
            entries: count, bytes: nodes.byteCount)
        let decoding = Kernel("decoding") {
            var cursor = TreeCursor(folder)
            var sum: UInt64 = 0
            while let entry = try cursor.next({ id throws(VarveError) in try nodes.read(id) }) { sum &+= entry.size }
            Results.take(sum)
        }
        try bench.reportNodes(decoding, in: .trees, data: "files", entries: count, bytes: nodes.byteCount)
    }

    /// A small file as most are: one chunk, a user and a group with names.
    private static func makeFile(_ number: Int) -> TreeEntry {
        let digits = String(number)
        let name = "photo-" + String(repeating: "0", count: 8 - digits.count) + digits + ".jpeg"
        var file = TreeEntry(kind: .file, name: Array(name.utf8))
        file.permissions = 0o644
        file.userID = 1000
        file.userName = Array("postgres".utf8)
        file.groupID = 1000
        file.groupName = Array("postgres".utf8)
        file.modified = FileTime(seconds: 1_700_000_000 + Int64(number), nanoseconds: 123_456_789)
        file.changed = FileTime(seconds: 1_700_000_007 + Int64(number), nanoseconds: 987_654_321)
        file.inode = UInt64(5_000_000 + number)
        file.content = .chunk(Digest(numbered: number), size: UInt64(4096 + number % 60_000))
        return file
    }

    private static func build(_ entries: [TreeEntry]) throws -> (nodes: NodeStore, folder: TreeEntry.Subtree) {
        let nodes = NodeStore()
        var builder = TreeBuilder()
        for entry in entries { try builder.append(entry) { nodes.store($0) } }
        return (nodes, try builder.finish { nodes.store($0) })
    }
}
