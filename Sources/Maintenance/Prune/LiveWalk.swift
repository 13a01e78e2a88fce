import Primitives
import Repositories
import Snapshots
import Threads

/// Marks all that snapshots reach, reading each distinct tree and list node once.
///
/// Data chunks are marked many at a time, in the order of the index. A node is marked after all below it: where the walk is broken off,
/// nothing passes for gone through that was not.
struct LiveWalk {
    private let liveness: Liveness
    private let reader: TreeReader
    private let isThere: (ChunkID) -> Bool
    private let cancellation: Cancellation
    private let progress: () -> Void

    /// Data chunks that are to be marked.
    private var chunks: [ChunkID] = []
    /// Nodes below which all is marked once ``chunks`` are, those further down first.
    private var nodes: [(id: ChunkID, chunkClass: ChunkClass)] = []
    private var waitingNodes: Set<ChunkID> = []
    /// So many chunks, or nodes, are marked together: 1 MiB of IDs.
    private static let batch = 32 << 10

    /// - Parameters:
    ///   - isThere: whether a chunk is there that was not when `liveness` was made.
    ///   - progress: is told of each node.
    init(
        liveness: Liveness, reader: TreeReader, isThere: @escaping (ChunkID) -> Bool, cancellation: Cancellation,
        progress: @escaping () -> Void
    ) {
        self.liveness = liveness
        self.reader = reader
        self.isThere = isThere
        self.cancellation = cancellation
        self.progress = progress
    }

    /// - Throws: kind `damaged` where anything cannot be read or is in no pack that is there.
    mutating func mark(_ snapshot: Snapshot) throws(VarveError) {
        let root = snapshot.record.root
        defer { dropWaiting() }
        do throws(VarveError) {
            try mark(root.asChild, level: root.level, at: [])
            try settle()
        } catch  where error.kind == .damaged {
            throw VarveError(
                .damaged, "nothing is deleted: snapshot \(snapshot.id.shortHex): \(error.problem)",
                advice: "run `varve check`; a snapshot that cannot be repaired can be forgotten")
        }
    }

    // MARK: Nodes

    private mutating func mark(_ child: TreeNode.Child, level: UInt8, at path: [[UInt8]]) throws(VarveError) {
        try cancellation.check()
        if isComplete(child.id) { return }
        try TreeReader.checkDepth(of: path)
        progress()
        switch try TreeNode.read(child, level: level, reader.readTree) {
        case .inner(_, let children):
            var ahead = ReadAhead(reader.segments, below: children)
            for child in children {
                ahead.advance()
                try mark(child, level: level - 1, at: path)
            }
        case .page(let entries):
            var ahead = ReadAhead(reader.segments, below: entries)
            for entry in entries {
                ahead.advance()
                if let subtree = entry.subtree {
                    try mark(subtree.asChild, level: subtree.level, at: path + [entry.name])
                }
                if let content = entry.content { try mark(content) }
            }
        }
        try complete(child.id, as: .tree)
    }

    private mutating func mark(_ content: ContentReference) throws(VarveError) {
        switch content {
        case .empty: return
        case .chunk(let id, _): try mark(id)
        case .list(let id, let height, let size, let chunks):
            try mark(ListNode.Child(id: id, bytes: size, chunks: chunks), level: height - 1)
        }
    }

    private mutating func mark(_ child: ListNode.Child, level: UInt8) throws(VarveError) {
        try cancellation.check()
        if isComplete(child.id) { return }
        progress()
        switch try ListNode.read(child, level: level, reader.readList) {
        case .inner(_, let children):
            var ahead = ReadAhead(reader.segments, below: children)
            for child in children {
                ahead.advance()
                try mark(child, level: level - 1)
            }
        case .leaf(let chunks): for chunk in chunks { try mark(chunk.id) }
        }
        try complete(child.id, as: .list)
    }

    private func isComplete(_ node: ChunkID) -> Bool { waitingNodes.contains(node) || liveness.isComplete(node) }

    private mutating func complete(_ node: ChunkID, as chunkClass: ChunkClass) throws(VarveError) {
        nodes.append((node, chunkClass))
        waitingNodes.insert(node)
        if nodes.count == LiveWalk.batch { try settle() }
    }

    // MARK: Batches

    private mutating func mark(_ chunk: ChunkID) throws(VarveError) {
        chunks.append(chunk)
        if chunks.count == LiveWalk.batch { try settle() }
    }

    /// Marks what waits for it.
    private mutating func settle() throws(VarveError) {
        var missing: ChunkID?
        liveness.mark(chunks) { id, standing in
            if missing == nil, standing != .present, !isThere(id) { missing = id }
        }
        if let missing { throw LiveWalk.missing(missing, as: .data) }
        for node in nodes where liveness.complete(node.id) != .present && !isThere(node.id) {
            throw LiveWalk.missing(node.id, as: node.chunkClass)
        }
        dropWaiting()
    }

    private mutating func dropWaiting() {
        chunks.removeAll(keepingCapacity: true)
        nodes.removeAll(keepingCapacity: true)
        waitingNodes.removeAll(keepingCapacity: true)
    }

    private static func missing(_ id: ChunkID, as chunkClass: ChunkClass) -> VarveError {
        .damaged("\(chunkClass) chunk \(id.shortHex)", "no pack that is there holds it")
    }
}
