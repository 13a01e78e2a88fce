import Primitives
import Repositories

/// All that a snapshot reaches: tree nodes, list nodes, chunks.
struct ReachableContent {
    let session: WriterSession

    /// Makes sure that everything below `root` has a usable copy: copies what is still there from packs that are going.
    ///
    /// - Throws: kind `damaged` where something cannot be had any more.
    func ensureUsable(root: TreeEntry.Subtree) throws(VarveError) {
        try ensure(root.asChild, level: root.level, at: [])
    }

    /// Stores a copy of what has no usable one, and gives its bytes where they are needed anyway.
    private func ensure(_ id: ChunkID, as chunkClass: ChunkClass) throws(VarveError) {
        try session.cancellation.check()
        if session.claim([id]).isEmpty { return }
        try session.storeCopy(try session.reader.chunk(id, as: chunkClass), id, as: chunkClass)
    }

    private func ensure(_ child: TreeNode.Child, level: UInt8, at path: [[UInt8]]) throws(VarveError) {
        try TreeReader.checkDepth(of: path)
        let reader = session.reader
        let node = try TreeNode.read(child, level: level) { id throws(VarveError) in try reader.chunk(id, as: .tree) }
        switch node {
        case .inner(_, let children): for child in children { try ensure(child, level: level - 1, at: path) }
        case .page(let entries):
            for entry in entries {
                if let subtree = entry.subtree {
                    try ensure(subtree.asChild, level: subtree.level, at: path + [entry.name])
                }
                if let content = entry.content { try ensure(content) }
            }
        }
        try ensure(child.id, as: .tree)
    }

    private func ensure(_ content: ContentReference) throws(VarveError) {
        switch content {
        case .empty: return
        case .chunk(let id, _): try ensure(id, as: .data)
        case .list(let id, let height, let size, let chunks):
            try ensure(ListNode.Child(id: id, bytes: size, chunks: chunks), level: height - 1)
        }
    }

    private func ensure(_ child: ListNode.Child, level: UInt8) throws(VarveError) {
        let reader = session.reader
        let node = try ListNode.read(child, level: level) { id throws(VarveError) in try reader.chunk(id, as: .list) }
        switch node {
        case .leaf(let chunks): for chunk in chunks { try ensure(chunk.id, as: .data) }
        case .inner(_, let children): for child in children { try ensure(child, level: level - 1) }
        }
        try ensure(child.id, as: .list)
    }
}
