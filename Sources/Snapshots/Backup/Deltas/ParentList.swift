import Packing
import Primitives

/// The parent's list of a content, read in step with the content: which chunks, and which of its nodes, stood where.
struct ParentList {
    private struct Node {
        let id: ChunkID
        /// Which of the parent's chunks are below it.
        let chunks: Range<UInt64>
    }

    private var cursor: ListCursor
    private var selector: BaseSelector
    /// Chunks read from the list.
    private var count: UInt64 = 0
    /// The nodes of levels 0, 1, … that are still of use.
    private var nodes: [[Node]] = []
    /// Where in the parent the last node of each level ended.
    private var ends: [UInt64] = []

    /// More nodes than that do not serve as bases of one.
    private static let basesPerNode = 4

    init(_ content: ContentReference, pieceTarget: Int, reach: BaseSelector.Reach) {
        cursor = ListCursor(content)
        selector = BaseSelector(pieceTarget: pieceTarget, reach: reach)
    }

    /// Takes the next chunks of the content (``BaseSelector/choose(_:isEnd:_:)``).
    ///
    /// - Throws: what reading the parent's list throws.
    mutating func choose(
        _ chunks: [BaseSelector.Chunk], isEnd: Bool, _ read: ListCursor.ReadNode
    ) throws(VarveError) -> [BaseSelector.Piece] {
        try selector.choose(chunks, isEnd: isEnd) { () throws(VarveError) in
            let entry = try cursor.next(read) { node, level in
                while nodes.count <= Int(level) { nodes.append([]) }
                let below = min(max(node.chunks, 1), .max - count)
                nodes[Int(level)].append(Node(id: node.id, chunks: count..<count + below))
            }
            if entry != nil { count += 1 }
            return entry
        }
    }

    /// Says that bases turned out to be good (``BaseSelector/confirmStep()``).
    mutating func confirmStep() { selector.confirmStep() }

    /// The parent's nodes that stood where a node of the content ends that is stored now.
    mutating func bases(ofNodeAt level: Int) -> [ChunkID] {
        guard level < nodes.count else { return [] }
        while ends.count <= level { ends.append(0) }
        let end = selector.reached
        let start = min(ends[level], end)
        ends[level] = end
        nodes[level].removeAll { $0.chunks.upperBound < start }
        return nodes[level].lazy.filter { $0.chunks.lowerBound <= end && $0.chunks.upperBound > start }
            .prefix(ParentList.basesPerNode).map(\.id)
    }
}
