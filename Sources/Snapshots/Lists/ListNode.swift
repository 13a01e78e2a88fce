import Packing
import Primitives

/// A node of the Merkle list that says which chunks make up a stream (`format-spec/lists.md`).
package enum ListNode: Hashable, Sendable {
    case leaf([ChunkEntry])
    /// A node of level 1 or more.
    case inner(level: UInt8, [Child])

    package struct Child: Hashable, Sendable {
        package let id: ChunkID
        /// Bytes of content below it.
        package let bytes: UInt64
        /// Chunks below it.
        package let chunks: UInt64

        package init(id: ChunkID, bytes: UInt64, chunks: UInt64) {
            self.id = id
            self.bytes = bytes
            self.chunks = chunks
        }
    }

    static let entryLimit = 4096
    /// A node may end from this many entries on.
    static let entryMinimum = 256

    /// Whether a writer ends a node after the entry with this ID, its `count`-th.
    static func ends(after id: ChunkID, count: Int) -> Bool {
        count >= entryLimit || (count >= entryMinimum && id.w0 & 1023 == 0)
    }

    package var level: UInt8 {
        switch self {
        case .leaf: 0
        case .inner(let level, _): level
        }
    }

    package var bytes: UInt64 {
        switch self {
        case .leaf(let chunks): chunks.reduce(0) { $0 + UInt64($1.length) }
        case .inner(_, let children): children.reduce(0) { $0 + $1.bytes }
        }
    }

    package var chunks: UInt64 {
        switch self {
        case .leaf(let chunks): UInt64(chunks.count)
        case .inner(_, let children): children.reduce(0) { $0 + $1.chunks }
        }
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(level)
        writer.appendZeros(3)
        switch self {
        case .leaf(let chunks):
            writer.appendInteger(UInt32(chunks.count))
            for chunk in chunks {
                writer.append(chunk.id)
                writer.appendInteger(chunk.length)
            }
        case .inner(_, let children):
            writer.appendInteger(UInt32(children.count))
            for child in children {
                writer.append(child.id)
                writer.appendInteger(child.bytes)
                writer.appendInteger(child.chunks)
            }
        }
        return writer.bytes
    }

    /// - Throws: `MalformedBytes` where the bytes break the format or the node is not of `level`.
    package init(decoding bytes: [UInt8], level expected: UInt8) throws(MalformedBytes) {
        var reader = ByteReader(bytes, of: "list node")
        let level = try reader.readInteger(UInt8.self)
        guard level == expected else { throw reader.malformed("level \(level) where \(expected) is due") }
        try reader.readZeros(3)
        let count = Int(try reader.readInteger(UInt32.self))
        guard (1...ListNode.entryLimit).contains(count) else { throw reader.malformed("\(count) entries") }
        if level == 0 {
            var chunks: [ChunkEntry] = []
            chunks.reserveCapacity(count)
            for _ in 0..<count {
                let chunk = ChunkEntry(id: try reader.readDigest(), length: try reader.readInteger())
                guard chunk.length > 0 else { throw reader.malformed("a chunk of 0 bytes") }
                chunks.append(chunk)
            }
            self = .leaf(chunks)
        } else {
            var children: [Child] = []
            children.reserveCapacity(count)
            var sums: (bytes: UInt64, chunks: UInt64) = (0, 0)
            for _ in 0..<count {
                let child = Child(
                    id: try reader.readDigest(), bytes: try reader.readInteger(), chunks: try reader.readInteger())
                let bytes = sums.bytes.addingReportingOverflow(child.bytes)
                let chunks = sums.chunks.addingReportingOverflow(child.chunks)
                guard !bytes.overflow, !chunks.overflow else { throw reader.malformed("sums above 64 bits") }
                sums = (bytes.partialValue, chunks.partialValue)
                children.append(child)
            }
            self = .inner(level: level, children)
        }
        try reader.expectEnd()
    }
}
