import Packing
import Primitives
import Snapshots

/// A node of a list; the first byte is the level that is due.
struct ListNodeTarget: FuzzTarget {
    static let name = "list-node"

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let level = bytes.first else { return false }
        let plain = Array(bytes.dropFirst())
        guard let node = try accepted({ try ListNode(decoding: plain, level: level) }) else { return false }
        try expect(node.level == level, "level \(node.level) where \(level) is due")
        try expect(node.encoded == plain, "a list node encodes to other bytes")
        switch node {
        case .leaf(let chunks):
            try expect((1...4096).contains(chunks.count), "\(chunks.count) entries")
            try expect(node.bytes >= node.chunks, "\(node.bytes) bytes in \(node.chunks) chunks")
        case .inner(_, let children):
            try expect((1...4096).contains(children.count), "\(children.count) entries")
            try expect(children.allSatisfy { $0.bytes <= node.bytes && $0.chunks <= node.chunks }, "sums are wrong")
        }
        return true
    }
}

/// A page or node of a folder; the first byte is the level that is due.
struct TreeNodeTarget: FuzzTarget {
    static let name = "tree-node"

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let level = bytes.first else { return false }
        let plain = Array(bytes.dropFirst())
        guard let node = try accepted({ try TreeNode(decoding: plain, level: level) }) else { return false }
        var writer = ByteWriter()
        writer.append(level)
        writer.appendZeros(3)
        let names: [[UInt8]]
        switch node {
        case .page(let entries):
            writer.appendInteger(UInt32(entries.count))
            for entry in entries {
                try check(entry)
                entry.encode(to: &writer)
            }
            names = entries.map(\.name)
        case .inner(_, let children):
            writer.appendInteger(UInt32(children.count))
            for child in children {
                writer.append(child.id)
                writer.appendVarint(child.entries)
                writer.appendCounted(child.firstName)
            }
            names = children.map(\.firstName)
        }
        // Fields that may be passed over are not kept; without them the bytes are shorter.
        try expect(writer.count <= plain.count, "a tree node encodes to more bytes")
        try expect(writer.count < plain.count || writer.bytes == plain, "a tree node encodes to other bytes")
        try expect(try TreeNode(decoding: writer.bytes, level: level) == node, "a tree node changes")
        try expect(names.count <= 1024 && UInt64(names.count) <= node.entryCount, "\(names.count) names")
        try expect(zip(names, names.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }, "names out of order")
        return true
    }

    private func check(_ entry: TreeEntry) throws {
        try expect(
            !entry.name.contains(UInt8(ascii: "/")) && !entry.name.contains(0) && (1...255).contains(entry.name.count)
                && entry.name != [46] && entry.name != [46, 46], "the name \(entry.name)")
        try expect(entry.permissions <= 0o7777, "permissions \(entry.permissions)")
        try expect(entry.modified.nanoseconds < 1_000_000_000, "\(entry.modified.nanoseconds) nanoseconds")
        try expect(entry.size <= UInt64(Int64.max) || entry.sparse == nil, "a sparse file of \(entry.size) bytes")
        if case .list(_, let height, let size, let chunks)? = entry.content {
            try expect((1...8).contains(height) && chunks <= size, "\(size) bytes of height \(height)")
        }
    }
}

/// The JSON that stands sealed in a snapshot.
struct SnapshotTarget: FuzzTarget {
    static let name = "snapshot"

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let record = try accepted({ try SnapshotRecord(decoding: bytes, of: "snapshot") }) else { return false }
        try expect(try SnapshotRecord(decoding: record.encoded(), of: "snapshot") == record, "a snapshot changes")
        try expect(record.sequence > 0, "sequence number 0")
        return true
    }
}
