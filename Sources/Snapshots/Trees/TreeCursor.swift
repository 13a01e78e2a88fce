import Primitives

/// Goes through the entries of a folder in order, reading a page when it comes to it.
package struct TreeCursor {
    private var page: ArraySlice<TreeEntry> = []
    private var pending: [(child: TreeNode.Child, level: UInt8)]
    private var lastName: [UInt8]?

    /// - Parameter folder: `nil` stands for one without entries.
    package init(_ folder: TreeEntry.Subtree?) {
        pending = folder.map { [($0.asChild, $0.level)] } ?? []
    }

    /// The next entry, `nil` at the end.
    ///
    /// - Throws: kind `damaged` where a page breaks the format or disagrees with the node above it, and what `read` throws.
    package mutating func next(_ read: ListCursor.ReadNode) throws(VarveError) -> TreeEntry? {
        guard let entry = try peek(read) else { return nil }
        page.removeFirst()
        return entry
    }

    /// The entry that ``next(_:)`` will give.
    package mutating func peek(_ read: ListCursor.ReadNode) throws(VarveError) -> TreeEntry? {
        while page.isEmpty, nextNode != nil { try openNode(read) }
        return page.first
    }

    // MARK: Node by node

    /// The entry that is next, where its page was read already.
    var entryAtHand: TreeEntry? { page.first }

    /// The entries that are next, where their page was read already.
    var entriesAtHand: ArraySlice<TreeEntry> { page }

    /// The page or node that comes after the page at hand.
    var nextNode: (child: TreeNode.Child, level: UInt8)? { pending.last }

    /// Takes the entry at hand.
    mutating func takeEntry() -> TreeEntry? { page.popFirst() }

    /// Passes over the next node.
    mutating func skipNode() { pending.removeLast() }

    /// Reads the next node: a page becomes the one at hand, any other gives way to those below it.
    ///
    /// - Precondition: no entry is at hand.
    mutating func openNode(_ read: ListCursor.ReadNode) throws(VarveError) {
        precondition(page.isEmpty, "a page is gone through before the next is read")
        guard let (child, level) = pending.popLast() else { return }
        switch try TreeNode.read(child, level: level, read) {
        case .page(let entries):
            if let first = entries.first {
                guard lastName.map({ $0.lexicographicallyPrecedes(first.name) }) ?? true else {
                    throw .damaged("tree node \(child.id.shortHex)", "names are not in ascending order")
                }
                lastName = entries.last?.name
            }
            page = entries[...]
        case .inner(_, let children): pending += children.reversed().map { ($0, level - 1) }
        }
    }

    // MARK: Looking up

    /// Passes over the entries before `name`; gives the entry with that name, if there is one.
    ///
    /// Asked for ascending names, it reads each page once. Subtrees in nodes that end before the name are not read.
    package mutating func advance(
        to name: [UInt8], _ read: ListCursor.ReadNode
    ) throws(VarveError) -> TreeEntry? {
        while true {
            if page.isEmpty { skipNodes(before: name) }
            guard let entry = try peek(read) else { return nil }
            if entry.name == name {
                page.removeFirst()
                return entry
            }
            if name.lexicographicallyPrecedes(entry.name) { return nil }
            if let last = page.last, last.name.lexicographicallyPrecedes(name) {
                page = []
            } else {
                page.removeFirst()
            }
        }
    }

    /// Drops pending nodes whose successor begins at or before `name`: nothing in them can come after it.
    private mutating func skipNodes(before name: [UInt8]) {
        while pending.count >= 2, pending[pending.count - 1].level == pending[pending.count - 2].level,
            !name.lexicographicallyPrecedes(pending[pending.count - 2].child.firstName)
        {
            pending.removeLast()
        }
    }
}
