import Primitives
import Sourcing
import Threads

/// Looks for entries in one snapshot after the other. A tree node that several of them reach is read once.
///
/// What was found below a node is remembered together with how far the patterns had come there, so also under another
/// path where that makes no difference. Of very much, only a part is remembered.
package struct FindRun {
    /// Names a walk whose result is known.
    private struct Place: Hashable {
        let node: ChunkID
        let progress: ExcludePatterns.Progress
    }

    /// What was found in a page or below a node, in order.
    private final class Found {
        enum Item {
            case entry(TreeEntry)
            /// In the folder of that name.
            case below([UInt8], Found)
            /// In the same folder.
            case further(Found)
        }

        let items: [Item]

        init(_ items: [Item]) { self.items = items }
    }

    private let query: FindQuery
    private let read: ListCursor.ReadNode
    private let cancellation: Cancellation
    private var remembered: [Place: Found] = [:]
    private var room: Int
    /// What an item takes of the room; a place takes 1.
    private static let itemWeight = 8

    /// - Parameters:
    ///   - read: reads a tree node.
    ///   - room: how much is remembered: 8 for each item found, 1 for each node; about 100 bytes each.
    package init(
        _ query: FindQuery, cancellation: Cancellation, room: Int = 1 << 19, _ read: @escaping ListCursor.ReadNode
    ) {
        self.query = query
        self.read = read
        self.cancellation = cancellation
        self.room = room
    }

    /// Gives every entry below `root` that is meant, in the order of a walk: a folder before what is in it.
    ///
    /// - Throws: `VarveError` of kind `damaged` where a node cannot be read, also what `found` throws.
    package mutating func run(
        _ root: TreeEntry.Subtree, _ found: (_ path: [[UInt8]], TreeEntry) throws -> Void
    ) throws {
        _ = try walk(root.asChild, root.level, query.patterns.start, at: [], found)
    }

    /// Gives what was found as well; `nil` where that is too much to remember.
    private mutating func walk(
        _ child: TreeNode.Child, _ level: UInt8, _ progress: ExcludePatterns.Progress, at path: [[UInt8]],
        _ found: (_ path: [[UInt8]], TreeEntry) throws -> Void
    ) throws -> Found? {
        let place = Place(node: child.id, progress: progress)
        if let known = remembered[place] {
            try tell(known, at: path, found)
            return known
        }
        try cancellation.check()
        var items: [Found.Item]? = []
        switch try TreeNode.read(child, level: level, read) {
        case .inner(_, let children):
            for child in children {
                let further = try walk(child, level - 1, progress, at: path, found)
                FindRun.add(further, as: Found.Item.further, to: &items)
            }
        case .page(let entries):
            for entry in entries { try look(at: entry, progress, in: path, &items, found) }
        }
        return items.flatMap { remember(Found($0), at: place) }
    }

    private mutating func look(
        at entry: TreeEntry, _ progress: ExcludePatterns.Progress, in path: [[UInt8]], _ items: inout [Found.Item]?,
        _ found: (_ path: [[UInt8]], TreeEntry) throws -> Void
    ) throws {
        let progress = query.patterns.advance(progress, by: entry.name)
        let inside = path + [entry.name]
        if query.patterns.selects(progress), query.accepts(entry) {
            try found(inside, entry)
            items?.append(.entry(entry))
        }
        guard let subtree = entry.subtree, query.patterns.couldMatchBelow(progress) else { return }
        try TreeReader.checkDepth(of: inside)
        let below = try walk(subtree.asChild, subtree.level, progress, at: inside, found)
        FindRun.add(below, as: { .below(entry.name, $0) }, to: &items)
    }

    private static func add(_ found: Found?, as item: (Found) -> Found.Item, to items: inout [Found.Item]?) {
        guard let found else { return items = nil }
        if !found.items.isEmpty { items?.append(item(found)) }
    }

    private mutating func remember(_ found: Found, at place: Place) -> Found? {
        let weight = 1 + FindRun.itemWeight * found.items.count
        guard weight <= room else { return nil }
        room -= weight
        remembered[place] = found
        return found
    }

    private func tell(
        _ result: Found, at path: [[UInt8]], _ found: (_ path: [[UInt8]], TreeEntry) throws -> Void
    ) throws {
        for item in result.items {
            switch item {
            case .entry(let entry): try found(path + [entry.name], entry)
            case .below(let name, let below): try tell(below, at: path + [name], found)
            case .further(let further): try tell(further, at: path, found)
            }
        }
    }
}
