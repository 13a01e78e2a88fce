import FileIO
import Primitives
import Repositories
import Threads

/// Reads back what was restored and compares it with the snapshot, chunk by chunk.
struct RestoreVerification {
    private let run: RestoreRun
    private let target: RootedFolder
    private let failed: Set<String>

    init(run: RestoreRun, target: RootedFolder) {
        self.run = run
        self.target = target
        failed = Set(run.failures.map(\.path))
    }

    func verify(_ entry: TreeEntry?, root: TreeEntry.Subtree) throws(VarveError) {
        if let entry, entry.subtree == nil {
            verify(entry, in: target.folder, at: [])
        } else {
            try verifyFolder(entry?.subtree ?? root, in: target.folder, at: [])
        }
    }

    private func verifyFolder(
        _ subtree: TreeEntry.Subtree, in folder: OpenFile, at path: [[UInt8]]
    ) throws(VarveError) {
        var cursor = TreeCursor(subtree)
        let readTree = TreeReader(run.reader).readTree
        // What of the tree cannot be read was reported when it was restored.
        while let entry = try? cursor.next(readTree) {
            try run.cancellation.check()
            let entryPath = path + [entry.name]
            let wanted = run.isWanted(entryPath, isFolder: entry.kind == .folder)
            if wanted.below, let below = entry.subtree,
                let opened = try? folder.openExisting(entry.name, .readOnly, .directory)
            {
                try verifyFolder(below, in: opened, at: entryPath)
            }
            if wanted.itself, entry.kind == .file || entry.kind == .stream {
                verify(entry, in: folder, at: entryPath)
            }
        }
    }

    private func verify(_ entry: TreeEntry, in folder: OpenFile, at path: [[UInt8]]) {
        let path = path.isEmpty ? [entry.name] : path
        let display = TreeReader.display(path)
        if failed.contains(display) || run.leftAlone.contains(path) { return }
        do {
            let file = try folder.openExisting(entry.name, .readOnly)
            guard UInt64(try file.size()) == entry.size else {
                return run.fail(
                    display, "verification: it has \(try file.size()) bytes, not \(entry.size)", isDamage: false)
            }
            var cursor = ListCursor(entry.content ?? .empty)
            var position = ExtentPosition(entry)
            var buffer = Buffer(capacity: 1 << 20)
            while let chunk = try cursor.next(TreeReader(run.reader).readList) {
                if buffer.capacity < Int(chunk.length) { buffer = Buffer(capacity: Int(chunk.length)) }
                let start = position.position
                var isRead = true
                for (offset, range) in position.pieces(of: Int(chunk.length)) {
                    let part = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[range])
                    isRead = try file.readFully(into: part, at: offset) == part.count && isRead
                }
                let bytes = buffer.prefix(Int(chunk.length))
                guard isRead, run.repository.hasher.id(of: bytes, as: .data) == chunk.id else {
                    return run.fail(display, "verification: the bytes from \(start) on differ", isDamage: false)
                }
            }
            run.progress.withLock { $0.verified += 1 }
        } catch {
            run.fail(display, "verification: \(error)", isDamage: (error as? VarveError)?.kind == .damaged)
        }
    }
}
