import Indexing
import Packing
import Primitives

/// Which chunks one side of a comparison has and the other has not, each counted once.
///
/// Of list nodes that the two versions of a file share nothing is read, so a chunk that stands in such a node as well as
/// elsewhere may count as added or removed. It takes two bits for each chunk of the index.
package struct ChunkDifference {
    /// A number of chunks and their bytes.
    package struct Amount: Hashable, Sendable {
        package var chunks: UInt64 = 0
        package var bytes: UInt64 = 0

        package init(chunks: UInt64 = 0, bytes: UInt64 = 0) {
            self.chunks = chunks
            self.bytes = bytes
        }

        fileprivate mutating func add(_ chunk: ChunkEntry) {
            chunks += 1
            bytes += UInt64(chunk.length)
        }

        fileprivate static func - (a: Amount, b: Amount) -> Amount {
            Amount(chunks: a.chunks - b.chunks, bytes: a.bytes - b.bytes)
        }
    }

    private struct Side {
        var marks: BitArray
        var total = Amount()
    }

    private let ordinal: (ChunkID) -> Int?
    private var before: Side
    private var after: Side
    /// What both sides have.
    private var common = Amount()

    /// - Parameters:
    ///   - count: a number above all ordinals.
    ///   - ordinal: the number of a chunk; one without a number counts wherever it stands.
    package init(ordinals count: Int, _ ordinal: @escaping (ChunkID) -> Int?) {
        self.ordinal = ordinal
        before = Side(marks: BitArray(count: count))
        after = Side(marks: BitArray(count: count))
    }

    package var added: Amount { after.total - common }
    package var removed: Amount { before.total - common }

    /// Takes in two versions of a file; `nil` where there is none.
    package mutating func add(
        _ before: ContentReference?, _ after: ContentReference?, _ read: ListCursor.ReadNode
    ) throws(VarveError) {
        if before == after { return }
        var pair = (before: ListFront(before), after: ListFront(after))
        while !pair.before.nodes.isEmpty || !pair.after.nodes.isEmpty {
            // Equal nodes meet where both sides have come down to the same level.
            let level = max(pair.before.level, pair.after.level)
            if pair.before.level == pair.after.level {
                let shared = Set(pair.before.nodes.map(\.id)).intersection(pair.after.nodes.map(\.id))
                pair.before.nodes.removeAll { shared.contains($0.id) }
                pair.after.nodes.removeAll { shared.contains($0.id) }
            }
            if pair.before.level == level {
                try pair.before.descend(read) { ChunkDifference.mark($0, ordinal, &self.before, self.after, &common) }
            }
            if pair.after.level == level {
                try pair.after.descend(read) { ChunkDifference.mark($0, ordinal, &self.after, self.before, &common) }
            }
        }
        if let chunk = before?.onlyChunk {
            ChunkDifference.mark(chunk, ordinal, &self.before, self.after, &common)
        }
        if let chunk = after?.onlyChunk {
            ChunkDifference.mark(chunk, ordinal, &self.after, self.before, &common)
        }
    }

    private static func mark(
        _ chunk: ChunkEntry, _ ordinal: (ChunkID) -> Int?, _ side: inout Side, _ other: Side, _ common: inout Amount
    ) {
        guard let ordinal = ordinal(chunk.id) else { return side.total.add(chunk) }
        if side.marks[ordinal] { return }
        side.marks[ordinal] = true
        side.total.add(chunk)
        if other.marks[ordinal] { common.add(chunk) }
    }
}

/// The list nodes of one content that were come to and not read, all of one level.
private struct ListFront {
    var nodes: [ListNode.Child] = []
    private(set) var level = -1

    init(_ content: ContentReference?) {
        guard case .list(let id, let height, let size, let chunks) = content else { return }
        nodes = [ListNode.Child(id: id, bytes: size, chunks: chunks)]
        level = Int(height) - 1
    }

    /// Reads the nodes; gives the chunks in leaves to `found`.
    mutating func descend(_ read: ListCursor.ReadNode, _ found: (ChunkEntry) -> Void) throws(VarveError) {
        var below: [ListNode.Child] = []
        for node in nodes {
            switch try ListNode.read(node, level: UInt8(clamping: level), read) {
            case .inner(_, let children): below += children
            case .leaf(let chunks): chunks.forEach(found)
            }
        }
        nodes = below
        level -= 1
    }
}

extension ContentReference {
    /// The chunk of a content that has no list.
    fileprivate var onlyChunk: ChunkEntry? {
        if case .chunk(let id, let size) = self { ChunkEntry(id: id, length: UInt32(clamping: size)) } else { nil }
    }
}
