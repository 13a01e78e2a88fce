import Packing
import Primitives

/// Turns the chunks of a stream, one after the other, into list nodes. Memory does not grow with the stream.
package struct ListBuilder {
    /// Stores a node and gives its ID.
    package typealias StoreNode = (_ bytes: [UInt8]) throws(VarveError) -> ChunkID

    private var leaf: [ChunkEntry] = []
    /// The open nodes of levels 1, 2, …
    private var inner: [[ListNode.Child]] = []
    private var size: UInt64 = 0
    private var chunks: UInt64 = 0

    package init() {}

    package mutating func append(_ chunk: ChunkEntry, _ store: StoreNode) throws(VarveError) {
        leaf.append(chunk)
        size += UInt64(chunk.length)
        chunks += 1
        if ListNode.ends(after: chunk.id, count: leaf.count) { try endLeaf(store) }
    }

    private mutating func endLeaf(_ store: StoreNode) throws(VarveError) {
        let node = ListNode.leaf(leaf)
        leaf.removeAll(keepingCapacity: true)
        try append(
            ListNode.Child(id: try store(node.encoded), bytes: node.bytes, chunks: node.chunks), toLevel: 1, store)
    }

    private mutating func append(_ child: ListNode.Child, toLevel level: Int, _ store: StoreNode) throws(VarveError) {
        if inner.count < level { inner.append([]) }
        inner[level - 1].append(child)
        if ListNode.ends(after: child.id, count: inner[level - 1].count) { try endInner(level, store) }
    }

    private mutating func endInner(_ level: Int, _ store: StoreNode) throws(VarveError) {
        let node = ListNode.inner(level: UInt8(level), inner[level - 1])
        inner[level - 1] = []
        try append(
            ListNode.Child(id: try store(node.encoded), bytes: node.bytes, chunks: node.chunks), toLevel: level + 1,
            store)
    }

    /// Stores what is open and gives the whole. The builder is as new afterwards.
    package mutating func finish(_ store: StoreNode) throws(VarveError) -> ContentReference {
        defer { self = ListBuilder() }
        if inner.isEmpty {
            switch leaf.count {
            case 0: return .empty
            case 1: return .chunk(leaf[0].id, size: size)
            default:
                return .list(try store(ListNode.leaf(leaf).encoded), height: 1, size: size, chunks: chunks)
            }
        }
        if !leaf.isEmpty { try endLeaf(store) }
        var level = 1
        while true {
            let open = inner[level - 1]
            if level == inner.count, open.count == 1 {
                return .list(open[0].id, height: UInt8(level), size: size, chunks: chunks)
            }
            if !open.isEmpty { try endInner(level, store) }
            level += 1
        }
    }
}
