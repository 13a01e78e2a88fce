import Packing
import Primitives
import Threads

/// What a walk over all that snapshots reach comes to: tree nodes, list nodes, data chunks.
package protocol ReachabilityVisitor {
    /// Comes to a chunk; says whether to go on below it, where it is a node. A data chunk has nothing below it.
    mutating func visit(_ id: ChunkID, as chunkClass: ChunkClass) throws(VarveError) -> Bool
}

/// Goes through what snapshots reach, and sums up their files on the way. Where the visitor keeps it from going below a node,
/// it takes the sum from before.
package struct ReachabilityWalk<Visitor: ReachabilityVisitor> {
    package var visitor: Visitor
    private let readTree: ListCursor.ReadNode
    private let readList: ListCursor.ReadNode
    private let cancellation: Cancellation
    /// What is below the tree nodes that were gone through.
    private var sizes: [ChunkID: LogicalSize] = [:]

    package init(
        _ visitor: Visitor, cancellation: Cancellation, readTree: @escaping ListCursor.ReadNode,
        readList: @escaping ListCursor.ReadNode
    ) {
        self.visitor = visitor
        self.cancellation = cancellation
        self.readTree = readTree
        self.readList = readList
    }

    /// Goes through a tree.
    ///
    /// - Throws: kind `damaged` where a node cannot be had or breaks the format, also what the visitor throws.
    package mutating func walk(_ root: TreeEntry.Subtree) throws(VarveError) -> LogicalSize {
        try walk(root.asChild, root.level, at: [])
    }

    private mutating func walk(
        _ child: TreeNode.Child, _ level: UInt8, at path: [[UInt8]]
    ) throws(VarveError) -> LogicalSize {
        let isWanted = try visitor.visit(child.id, as: .tree)
        if !isWanted, let known = sizes[child.id] { return known }
        try cancellation.check()
        try TreeReader.checkDepth(of: path)
        var size = LogicalSize()
        switch try TreeNode.read(child, level: level, readTree) {
        case .inner(_, let children): for child in children { size += try walk(child, level - 1, at: path) }
        case .page(let entries):
            for entry in entries {
                if let subtree = entry.subtree {
                    size += try walk(subtree.asChild, subtree.level, at: path + [entry.name])
                }
                if let content = entry.content {
                    size += LogicalSize(files: 1, bytes: entry.size)
                    try walk(content)
                }
            }
        }
        sizes[child.id] = size
        return size
    }

    private mutating func walk(_ content: ContentReference) throws(VarveError) {
        switch content {
        case .empty: return
        case .chunk(let id, _): _ = try visitor.visit(id, as: .data)
        case .list(let id, let height, let size, let chunks):
            try walk(ListNode.Child(id: id, bytes: size, chunks: chunks), height - 1)
        }
    }

    private mutating func walk(_ child: ListNode.Child, _ level: UInt8) throws(VarveError) {
        guard try visitor.visit(child.id, as: .list) else { return }
        try cancellation.check()
        switch try ListNode.read(child, level: level, readList) {
        case .inner(_, let children): for child in children { try walk(child, level - 1) }
        case .leaf(let chunks):
            for chunk in chunks { _ = try visitor.visit(chunk.id, as: .data) }
        }
    }
}
