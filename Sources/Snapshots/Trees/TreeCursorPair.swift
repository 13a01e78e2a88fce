import Primitives

/// Goes through two folders side by side, entry by entry in the order of names. Pages and nodes that both have are not read.
package struct TreeCursorPair {
    private var before: TreeCursor
    private var after: TreeCursor

    /// - Parameters:
    ///   - before: `nil` stands for a folder without entries.
    ///   - after: likewise.
    package init(_ before: TreeEntry.Subtree?, _ after: TreeEntry.Subtree?) {
        self.before = TreeCursor(before)
        self.after = TreeCursor(after)
    }

    /// An entry of one folder, or two of the same name. Some that are equal are left out.
    package enum Step: Hashable, Sendable {
        case before(TreeEntry)
        case after(TreeEntry)
        case both(TreeEntry, TreeEntry)
    }

    /// The next entry or two, `nil` at the end.
    ///
    /// - Throws: kind `damaged` where a page breaks the format or disagrees with the node above it, and what `read` throws.
    package mutating func next(_ read: ListCursor.ReadNode) throws(VarveError) -> Step? {
        while true {
            switch (before.entryAtHand, after.entryAtHand) {
            case (let first?, let second?):
                if first.name == second.name {
                    _ = before.takeEntry()
                    _ = after.takeEntry()
                    return .both(first, second)
                }
                return first.name.lexicographicallyPrecedes(second.name)
                    ? before.takeEntry().map(Step.before) : after.takeEntry().map(Step.after)
            case (let first?, nil):
                if after.begins(after: first.name) { return before.takeEntry().map(Step.before) }
                try after.openNode(read)
            case (nil, let second?):
                if before.begins(after: second.name) { return after.takeEntry().map(Step.after) }
                try before.openNode(read)
            case (nil, nil):
                guard try goOn(read) else { return nil }
            }
        }
    }

    /// Passes over what both have next, or reads a node of one; says whether there is anything left.
    private mutating func goOn(_ read: ListCursor.ReadNode) throws(VarveError) -> Bool {
        guard let first = before.nextNode else {
            try after.openNode(read)
            return after.nextNode != nil || after.entryAtHand != nil
        }
        guard let second = after.nextNode else {
            try before.openNode(read)
            return before.nextNode != nil || before.entryAtHand != nil
        }
        if first.child.id == second.child.id, first.level == second.level {
            before.skipNode()
            after.skipNode()
        } else if first.child.firstName != second.child.firstName, !first.child.firstName.isEmpty,
            !second.child.firstName.isEmpty
        {
            // Below what begins earlier there may be the very node that the other has next.
            if first.child.firstName.lexicographicallyPrecedes(second.child.firstName) {
                try before.openNode(read)
            } else {
                try after.openNode(read)
            }
        } else if first.level >= second.level {
            try before.openNode(read)
        } else {
            try after.openNode(read)
        }
        return true
    }
}

extension TreeCursor {
    /// Whether no entry up to `name` can come from the nodes that were not read.
    fileprivate func begins(after name: [UInt8]) -> Bool {
        nextNode.map { name.lexicographicallyPrecedes($0.child.firstName) } ?? true
    }
}
