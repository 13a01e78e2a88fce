import Primitives

/// The nodes of a folder in the parent, gone through in step with the folder.
struct ParentFolder {
    /// The nodes that are still of use, by level.
    private var nodes: [UInt8: [ChunkID]] = [:]
    /// What is still to be gone through, the nearest last.
    private var pending: [(child: TreeNode.Child, level: UInt8)]

    /// More nodes than that do not serve as bases of one.
    private static let basesPerNode = 4

    init(_ folder: TreeEntry.Subtree) { pending = [(folder.asChild, folder.level)] }

    /// The parent's nodes of a level that stood where a node is that is stored now.
    ///
    /// - Parameter name: of the last entry in the node; `nil` where it is the last.
    mutating func bases(
        ofNodeAt level: UInt8, upTo name: [UInt8]?, _ read: ListCursor.ReadNode
    ) throws(VarveError) -> [ChunkID] {
        while let next = pending.last, name.map({ !$0.lexicographicallyPrecedes(next.child.firstName) }) ?? true {
            pending.removeLast()
            nodes[next.level, default: []].append(next.child.id)
            guard next.level > 0 else { continue }
            if case .inner(_, let children) = try TreeNode.read(next.child, level: next.level, read) {
                pending += children.reversed().map { ($0, next.level - 1) }
            }
        }
        let passed = nodes[level] ?? []
        // The last may go on behind the name.
        nodes[level] = passed.suffix(1)
        return Array(passed.prefix(ParentFolder.basesPerNode))
    }
}
