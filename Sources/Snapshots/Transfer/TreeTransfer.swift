import Primitives
import Repositories
import Threads

/// Stores trees of one repository in another that has other keys or cuts other chunks: every content is read, cut and stored anew, the
/// entries stay as they are otherwise.
///
/// What was stored once is not read again, as long as this object lasts.
package struct TreeTransfer {
    private let source: TreeReader
    private var contents: ByteTransfer
    /// The folders that were stored, by their roots at the source.
    private var folders: [TreeEntry.Subtree: TreeEntry.Subtree] = [:]

    /// - Parameters:
    ///   - width: how many threads read ahead.
    ///   - progress: is told how many bytes of contents were read.
    package init(
        _ source: SegmentReader, width: Int, cancellation: Cancellation, progress: @escaping (UInt64) -> Void
    ) {
        self.source = TreeReader(source)
        contents = ByteTransfer(source, width: width, cancellation: cancellation, progress: progress)
    }

    /// Forgets what was stored: it cannot be reckoned with any more.
    package mutating func forget() {
        folders = [:]
        contents.forget()
    }

    /// Stores a tree; gives its root in the repository of `session`.
    ///
    /// - Throws: kind `damaged` where something of it cannot be read.
    package mutating func store(
        _ root: TreeEntry.Subtree, in session: WriterSession
    ) throws(VarveError) -> TreeEntry.Subtree {
        try store(root, in: session, at: [])
    }

    private mutating func store(
        _ folder: TreeEntry.Subtree, in session: WriterSession, at path: [[UInt8]]
    ) throws(VarveError) -> TreeEntry.Subtree {
        if let known = folders[folder] { return known }
        try TreeReader.checkDepth(of: path)
        let storeTree: ListBuilder.StoreNode = { node throws(VarveError) in try session.storeNode(node, as: .tree) }
        var builder = TreeBuilder()
        var cursor = TreeCursor(folder)
        while var entry = try cursor.next(source.readTree) {
            try session.cancellation.check()
            if let subtree = entry.subtree {
                entry.subtree = try store(subtree, in: session, at: path + [entry.name])
            }
            if let content = entry.content { entry.content = try contents.store(content, in: session) }
            try builder.append(entry, storeTree)
        }
        let stored = try builder.finish(storeTree)
        folders[folder] = stored
        return stored
    }
}
