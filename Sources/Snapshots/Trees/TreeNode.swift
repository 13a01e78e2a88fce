import Primitives

/// A page of a folder's entries, or a node over several of them (`format-spec/trees.md`).
package enum TreeNode: Hashable, Sendable {
    case page([TreeEntry])
    /// A node of level 1 or more.
    case inner(level: UInt8, [Child])

    package struct Child: Hashable, Sendable {
        package let id: ChunkID
        /// Entries of the folder below it.
        package let entries: UInt64
        /// The name of the first of them.
        package let firstName: [UInt8]
    }

    static let entryLimit = 1024
    /// A page or node may end from this many entries on.
    static let entryMinimum = 128
    /// A page or node ends once it has this many bytes.
    static let sizeTarget = 262_144

    package var entryCount: UInt64 {
        switch self {
        case .page(let entries): UInt64(entries.count)
        case .inner(_, let children): children.reduce(0) { $0 + $1.entries }
        }
    }

    package var firstName: [UInt8]? {
        switch self {
        case .page(let entries): entries.first?.name
        case .inner(_, let children): children.first?.firstName
        }
    }

    /// The bytes before the entries.
    static func header(level: UInt8, count: Int) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 8)
        writer.append(level)
        writer.appendZeros(3)
        writer.appendInteger(UInt32(count))
        return writer.bytes
    }

    /// - Throws: `MalformedBytes` where the bytes break the format or the node is not of `level`.
    package init(decoding bytes: [UInt8], level expected: UInt8) throws(MalformedBytes) {
        var reader = ByteReader(bytes, of: "tree node")
        let level = try reader.readInteger(UInt8.self)
        guard level == expected else { throw reader.malformed("level \(level) where \(expected) is due") }
        try reader.readZeros(3)
        let count = Int(try reader.readInteger(UInt32.self))
        guard count <= TreeNode.entryLimit, count > 0 || level == 0 else { throw reader.malformed("\(count) entries") }
        if level == 0 {
            var entries: [TreeEntry] = []
            entries.reserveCapacity(count)
            for _ in 0..<count {
                let entry = try TreeEntry(from: &reader)
                if let last = entries.last, !last.name.lexicographicallyPrecedes(entry.name) {
                    throw reader.malformed("names are not in ascending order")
                }
                entries.append(entry)
            }
            self = .page(entries)
        } else {
            var children: [Child] = []
            var sum: UInt64 = 0
            for _ in 0..<count {
                let child = Child(
                    id: try reader.readDigest(), entries: try reader.readVarint(),
                    firstName: try reader.readCounted(upTo: 255, of: "length of a name"))
                guard TreeEntry.isValid(name: child.firstName) else {
                    throw reader.malformed("the name \"\(ByteString.display(child.firstName))\" must not be")
                }
                let (entries, overflow) = sum.addingReportingOverflow(child.entries)
                guard child.entries > 0, !overflow else {
                    throw reader.malformed("\(child.entries) entries below \(child.id.shortHex)")
                }
                sum = entries
                if let last = children.last, !last.firstName.lexicographicallyPrecedes(child.firstName) {
                    throw reader.malformed("names are not in ascending order")
                }
                children.append(child)
            }
            self = .inner(level: level, children)
        }
        try reader.expectEnd()
    }

    /// Reads the node that `child` speaks of and checks that it is what it says.
    package static func read(
        _ child: Child, level: UInt8, _ read: ListCursor.ReadNode
    ) throws(VarveError) -> TreeNode {
        let object = "tree node \(child.id.shortHex)"
        let bytes = try read(child.id)
        let node: TreeNode
        do throws(MalformedBytes) {
            node = try TreeNode(decoding: bytes, level: level)
        } catch {
            throw .damaged(object, error.description)
        }
        guard node.entryCount == child.entries, child.firstName.isEmpty || node.firstName == child.firstName else {
            throw .damaged(object, "it does not hold the entries that the node above says")
        }
        return node
    }
}

extension TreeEntry.Subtree {
    /// The topmost node as a child of nothing; its first name is not known.
    package var asChild: TreeNode.Child { TreeNode.Child(id: root, entries: entries, firstName: []) }
}
