import Primitives

/// Compares two trees, change by change, in the order of paths. Of subtrees, pages and nodes that are equal nothing is read.
///
/// A folder that was added or removed is followed by all that is in it.
package struct TreeComparison {
    private struct Level {
        let path: [[UInt8]]
        var folders: TreeCursorPair
    }

    /// The folders that are being gone through, the innermost last.
    private var levels: [Level]

    /// - Parameters:
    ///   - before: the root of the older tree; `nil` where there is none.
    ///   - after: the root of the newer one; likewise.
    ///   - path: where the roots are, for the paths of changes.
    package init(_ before: TreeEntry.Subtree?, _ after: TreeEntry.Subtree?, at path: [[UInt8]] = []) {
        levels = [Level(path: path, folders: TreeCursorPair(before, after))]
    }

    /// Compares two entries and what is below them.
    ///
    /// - Returns: how they differ themselves, and the comparison of what is below.
    package static func of(
        _ before: TreeEntry?, _ after: TreeEntry?, at path: [[UInt8]]
    ) -> (change: TreeChange?, below: TreeComparison) {
        let below = TreeComparison(before?.subtree, after?.subtree, at: path)
        let kind: TreeChange.Kind? =
            switch (before, after) {
            case (nil, nil): nil
            case (_?, nil): .removed
            case (nil, _?): .added
            case (let before?, let after?): TreeChange.kind(before, after)
            }
        return (kind.map { TreeChange($0, at: path, before: before, after: after) }, below)
    }

    /// The next change, `nil` at the end.
    ///
    /// - Throws: kind `damaged` where a tree breaks the format, and what `read` throws.
    package mutating func next(_ read: ListCursor.ReadNode) throws(VarveError) -> TreeChange? {
        while var level = levels.popLast() {
            guard let step = try level.folders.next(read) else { continue }
            let (before, after) = step.entries
            guard let name = before?.name ?? after?.name else { continue }
            levels.append(level)
            let (change, below) = TreeComparison.of(before, after, at: level.path + [name])
            if before?.subtree != after?.subtree {
                try TreeReader.checkDepth(of: level.path)
                levels += below.levels
            }
            if let change { return change }
        }
        return nil
    }
}

extension TreeCursorPair.Step {
    fileprivate var entries: (before: TreeEntry?, after: TreeEntry?) {
        switch self {
        case .before(let entry): (entry, nil)
        case .after(let entry): (nil, entry)
        case .both(let before, let after): (before, after)
        }
    }
}
