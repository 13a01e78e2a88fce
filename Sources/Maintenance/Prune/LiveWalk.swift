import Primitives
import Repositories
import Snapshots
import Threads

/// Marks all that snapshots reach, reading each distinct tree and list node once.
///
/// A node is marked after all below it: where the walk is broken off, nothing passes for gone through that was not.
struct LiveWalk {
    let liveness: Liveness
    let reader: TreeReader
    /// Whether a chunk is there that was not when `liveness` was made.
    let isThere: (ChunkID) -> Bool
    let cancellation: Cancellation
    /// Is told of each node.
    let progress: () -> Void

    /// - Throws: kind `damaged` where anything cannot be read or is in no pack that is there.
    func mark(_ snapshot: Snapshot) throws(VarveError) {
        let root = snapshot.record.root
        do throws(VarveError) {
            try mark(root.asChild, level: root.level, at: [])
        } catch  where error.kind == .damaged {
            throw VarveError(
                .damaged, "nothing is deleted: snapshot \(snapshot.id.shortHex): \(error.problem)",
                advice: "run `varve check`; a snapshot that cannot be repaired can be forgotten")
        }
    }

    private func mark(_ child: TreeNode.Child, level: UInt8, at path: [[UInt8]]) throws(VarveError) {
        try cancellation.check()
        if liveness.isComplete(child.id) { return }
        try TreeReader.checkDepth(of: path)
        progress()
        switch try TreeNode.read(child, level: level, reader.readTree) {
        case .inner(_, let children):
            for child in children { try mark(child, level: level - 1, at: path) }
        case .page(let entries):
            for entry in entries {
                if let subtree = entry.subtree {
                    try mark(subtree.asChild, level: subtree.level, at: path + [entry.name])
                }
                if let content = entry.content { try mark(content) }
            }
        }
        try expect(liveness.complete(child.id), child.id, as: .tree)
    }

    private func mark(_ content: ContentReference) throws(VarveError) {
        switch content {
        case .empty: return
        case .chunk(let id, _): try expect(liveness.mark(id), id, as: .data)
        case .list(let id, let height, let size, let chunks):
            try mark(ListNode.Child(id: id, bytes: size, chunks: chunks), level: height - 1)
        }
    }

    private func mark(_ child: ListNode.Child, level: UInt8) throws(VarveError) {
        try cancellation.check()
        if liveness.isComplete(child.id) { return }
        progress()
        switch try ListNode.read(child, level: level, reader.readList) {
        case .inner(_, let children): for child in children { try mark(child, level: level - 1) }
        case .leaf(let chunks): for chunk in chunks { try expect(liveness.mark(chunk.id), chunk.id, as: .data) }
        }
        try expect(liveness.complete(child.id), child.id, as: .list)
    }

    private func expect(
        _ standing: Liveness.Standing, _ id: ChunkID, as chunkClass: ChunkClass
    ) throws(VarveError) {
        if standing == .present || isThere(id) { return }
        throw .damaged("\(chunkClass) chunk \(id.shortHex)", "no pack that is there holds it")
    }
}
