import FileIO
import Threads

/// Writes down what is changed below a folder.
final class FileJournal: Sendable {
    private let changes = LeafLocked<[FileChange]>([])
    private let root: BytePath

    /// All journals that are being written; asked on every thread of the process, also on those that a simulator lets take turns.
    private static let journals = LeafLocked<[FileJournal]>([])
    private static let observer: Void = FileChange.observe { change in
        for journal in journals.withLock({ $0 }) { journal.add(change) }
    }

    private init(_ root: BytePath) { self.root = root }

    private func add(_ change: FileChange) {
        if change.paths.allSatisfy({ $0.bytes.starts(with: root.bytes) }) { changes.withLock { $0.append(change) } }
    }

    /// What `body` changes below `root`, in order.
    static func record(below root: BytePath, _ body: () throws -> Void) rethrows -> [FileChange] {
        _ = observer
        let journal = FileJournal(root)
        journals.withLock { $0.append(journal) }
        defer { journals.withLock { $0.removeAll { $0 === journal } } }
        try body()
        return journal.changes.withLock { $0 }
    }
}

extension FileChange {
    fileprivate var paths: [BytePath] {
        switch self {
        case .makeFolder(let path), .create(let path), .write(let path, _, _), .setSize(let path, _),
            .synchronize(let path), .remove(let path):
            [path]
        case .rename(let path, let target), .link(let path, let target): [path, target]
        }
    }
}
