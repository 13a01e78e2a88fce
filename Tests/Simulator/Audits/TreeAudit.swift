import FileIO
import Primitives
import Repositories
import Snapshots

/// Compares the files of a snapshot with those that were backed up.
struct TreeAudit {
    private let process: SimulatedProcess
    private let snapshot: Snapshot
    private let expected: FileTree
    private let reader: TreeReader
    /// Reads a file or stream and compares it with what it must hold.
    private let compare: (TreeEntry, [UInt8], String) throws(VarveError) -> Void

    init(
        _ process: SimulatedProcess, _ snapshot: Snapshot, _ expected: FileTree, _ reader: TreeReader,
        compare: @escaping (TreeEntry, [UInt8], String) throws(VarveError) -> Void
    ) {
        self.process = process
        self.snapshot = snapshot
        self.expected = expected
        self.reader = reader
        self.compare = compare
    }

    /// Does it. What was not backed up, or otherwise, is wrong.
    ///
    /// - Throws: where something cannot be had, or was lost by a repair that says so.
    func run() throws(VarveError) {
        guard let entry = try reader.entry(at: [Array(FileTree.folder.utf8)], below: snapshot.record.root) else {
            return
        }
        try check(entry, at: "")
    }

    private func check(_ entry: TreeEntry, at path: String) throws(VarveError) {
        guard let node = expected.nodes[path] else { return violate(path, "was never there") }
        if entry.modified != node.modified { violate(path, "has another time") }
        switch (node.kind, entry.kind) {
        case (.file(let bytes), .file):
            if entry.size != UInt64(bytes.count) { violate(path, "has another size") }
            try compare(entry, bytes, path)
        case (.link(let target), .symbolicLink):
            if entry.linkTarget != Array(target.utf8) { violate(path, "leads elsewhere") }
        case (.folder, .folder): try checkFolder(entry, at: path)
        default: violate(path, "is a \(entry.kind)")
        }
    }

    private func checkFolder(_ folder: TreeEntry, at path: String) throws(VarveError) {
        var cursor = TreeCursor(folder.subtree)
        var found: Set<String> = []
        while let entry = try cursor.next(reader.readTree) {
            let below = path + "/" + String(decoding: entry.name, as: UTF8.self)
            found.insert(below)
            try check(entry, at: below)
        }
        if let lost = folder.lostText { throw VarveError(.damaged, "\(path): \(lost)") }
        for (other, _) in expected.sorted
        where other.hasPrefix(path + "/") && !other.dropFirst(path.count + 1).contains("/") && !found.contains(other) {
            violate(other, "is not there")
        }
    }

    private func violate(_ path: String, _ problem: String) {
        process.world.violate("\(path) in snapshot \(snapshot.id.shortHex) \(problem)")
    }
}
