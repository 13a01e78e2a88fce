import Primitives

/// Turns the entries of a folder, in ascending order of names, into pages and nodes. Memory does not grow with the folder.
package struct TreeBuilder {
    /// The open page, encoded.
    private var page = ByteWriter()
    private var pageCount = 0
    private var pageFirstName: [UInt8] = []
    private var lastName: [UInt8]?
    /// The open nodes of levels 1, 2, …
    private var inner: [(children: [TreeNode.Child], size: Int)] = []
    private var entries: UInt64 = 0
    /// A node without entries and the size of its header.
    private static let emptyNode: (children: [TreeNode.Child], size: Int) = ([], 8)

    package init() {}

    /// The name of the entry that was appended last.
    package var nameOfLastEntry: [UInt8]? { lastName }

    /// - Precondition: the name comes after all names before it.
    package mutating func append(_ entry: TreeEntry, _ store: ListBuilder.StoreNode) throws(VarveError) {
        precondition(lastName.map { $0.lexicographicallyPrecedes(entry.name) } ?? true, "entries come in order")
        if pageCount == 0 { pageFirstName = entry.name }
        lastName = entry.name
        entry.encode(to: &page)
        pageCount += 1
        entries += 1
        let size = page.count + 8
        if pageCount == TreeNode.entryLimit || size >= TreeNode.sizeTarget
            || (pageCount >= TreeNode.entryMinimum && CRC32C.checksum(entry.name) & 0xFF == 0)
        {
            try endPage(store)
        }
    }

    private mutating func endPage(_ store: ListBuilder.StoreNode) throws(VarveError) {
        let id = try store(TreeNode.header(level: 0, count: pageCount) + page.bytes)
        let child = TreeNode.Child(id: id, entries: UInt64(pageCount), firstName: pageFirstName)
        page = ByteWriter()
        pageCount = 0
        try append(child, toLevel: 1, store)
    }

    private mutating func append(
        _ child: TreeNode.Child, toLevel level: Int, _ store: ListBuilder.StoreNode
    ) throws(VarveError) {
        if inner.count < level { inner.append(TreeBuilder.emptyNode) }
        inner[level - 1].children.append(child)
        inner[level - 1].size += TreeBuilder.encodedSize(child)
        let count = inner[level - 1].children.count
        if count == TreeNode.entryLimit || inner[level - 1].size >= TreeNode.sizeTarget
            || (count >= TreeNode.entryMinimum && child.id.w0 & 0xFF == 0)
        {
            try endInner(level, store)
        }
    }

    private static func encode(_ child: TreeNode.Child, to writer: inout ByteWriter) {
        writer.append(child.id)
        writer.appendVarint(child.entries)
        writer.appendCounted(child.firstName)
    }

    private static func encodedSize(_ child: TreeNode.Child) -> Int {
        var writer = ByteWriter()
        encode(child, to: &writer)
        return writer.count
    }

    private mutating func endInner(_ level: Int, _ store: ListBuilder.StoreNode) throws(VarveError) {
        let children = inner[level - 1].children
        inner[level - 1] = TreeBuilder.emptyNode
        var writer = ByteWriter()
        writer.append(TreeNode.header(level: UInt8(level), count: children.count))
        for child in children { TreeBuilder.encode(child, to: &writer) }
        let parent = TreeNode.Child(
            id: try store(writer.bytes), entries: children.reduce(0) { $0 + $1.entries },
            firstName: children[0].firstName)
        try append(parent, toLevel: level + 1, store)
    }

    /// Stores what is open and gives the whole folder.
    package mutating func finish(_ store: ListBuilder.StoreNode) throws(VarveError) -> TreeEntry.Subtree {
        defer { self = TreeBuilder() }
        if pageCount > 0 || inner.isEmpty { try endPage(store) }
        var level = 1
        while true {
            let open = inner[level - 1].children
            if level == inner.count, open.count == 1 {
                return TreeEntry.Subtree(root: open[0].id, level: UInt8(level - 1), entries: entries)
            }
            if !open.isEmpty { try endInner(level, store) }
            level += 1
        }
    }
}
