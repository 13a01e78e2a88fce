import Packing
import Primitives

/// Goes through the chunks of a stream in order, reading a node when it comes to it.
package struct ListCursor {
    /// Reads a list node.
    package typealias ReadNode = (_ id: ChunkID) throws(VarveError) -> [UInt8]

    private var leaf: ArraySlice<ChunkEntry> = []
    /// What is still to be gone through, the nearest last.
    private var pending: [(child: ListNode.Child, level: UInt8)] = []

    package init(_ content: ContentReference) {
        switch content {
        case .empty: break
        case .chunk(let id, let size): leaf = [ChunkEntry(id: id, length: UInt32(clamping: size))]
        case .list(let id, let height, let size, let chunks):
            pending = [(ListNode.Child(id: id, bytes: size, chunks: chunks), height - 1)]
        }
    }

    /// The next chunk, `nil` at the end.
    ///
    /// - Parameter opening: is told of every node that is read, before what is in it is given.
    /// - Throws: kind `damaged` where a node breaks the format or disagrees with the one above it, and what `read` throws.
    package mutating func next(
        _ read: ReadNode, opening: (_ node: ListNode.Child, _ level: UInt8) -> Void = { _, _ in }
    ) throws(VarveError) -> ChunkEntry? {
        while leaf.isEmpty {
            guard let (child, level) = pending.popLast() else { return nil }
            opening(child, level)
            switch try ListNode.read(child, level: level, read) {
            case .leaf(let chunks): leaf = chunks[...]
            case .inner(_, let children): pending += children.reversed().map { ($0, level - 1) }
            }
        }
        return leaf.removeFirst()
    }
}

extension ListNode {
    /// Reads the node that `child` speaks of and checks that it is what it says.
    package static func read(
        _ child: Child, level: UInt8, _ read: ListCursor.ReadNode
    ) throws(VarveError) -> ListNode {
        let object = "list node \(child.id.shortHex)"
        let bytes = try read(child.id)
        let node: ListNode
        do throws(MalformedBytes) {
            node = try ListNode(decoding: bytes, level: level)
        } catch {
            throw .damaged(object, error.description)
        }
        guard node.bytes == child.bytes, node.chunks == child.chunks else {
            throw .damaged(
                object, "it lists \(node.bytes) bytes in \(node.chunks) chunks, not \(child.bytes) in \(child.chunks)")
        }
        return node
    }
}
