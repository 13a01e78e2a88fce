import Indexing
import Primitives
import Repositories

/// Has the segments read that a walk comes to next, while it is busy with what is at hand. Where the storage is near it does
/// nothing.
package struct ReadAhead {
    private let reader: SegmentReader?
    /// What will be asked for, with the number of the step that does.
    private var coming: ArraySlice<(step: Int, id: ChunkID)> = []
    /// The steps of segments that were asked for and are not used yet.
    private var asked: [(step: Int, segment: SegmentKey?)] = []
    private var step = -1

    /// Nothing to read ahead.
    package init() { reader = nil }

    /// - Parameter steps: the chunks that each step of the walk needs.
    private init(_ reader: SegmentReader, _ steps: () -> [[ChunkID]]) {
        let isDistant = reader.concurrency > 1
        self.reader = isDistant ? reader : nil
        guard isDistant else { return }
        coming = steps().enumerated().flatMap { step, ids in ids.map { (step, $0) } }[...]
    }

    /// The trees and lists of the entries of a folder.
    ///
    /// - Parameter withFiles: the content of files as well, where it is one chunk.
    package init(_ reader: SegmentReader, below entries: some Collection<TreeEntry>, withFiles: Bool = false) {
        self.init(reader) { entries.map { $0.topChunks(withFiles: withFiles) } }
    }

    package init(_ reader: SegmentReader, below nodes: [TreeNode.Child]) {
        self.init(reader) { nodes.map { [$0.id] } }
    }

    package init(_ reader: SegmentReader, below nodes: [ListNode.Child]) {
        self.init(reader) { nodes.map { [$0.id] } }
    }

    /// Says that the walk comes to its next step.
    package mutating func advance() {
        guard let reader else { return }
        step += 1
        asked.removeAll { $0.step <= step }
        coming = coming.drop { $0.step <= step }
        while asked.count < reader.concurrency, let next = coming.first {
            let (isComing, segment) = reader.prefetch(next.id)
            guard isComing else { return }
            coming.removeFirst()
            if segment != asked.last?.segment { asked.append((next.step, segment)) }
        }
    }
}

extension TreeEntry {
    fileprivate func topChunks(withFiles: Bool) -> [ChunkID] {
        var ids: [ChunkID] = []
        if let subtree { ids.append(subtree.root) }
        switch content {
        case .list(let id, _, _, _): ids.append(id)
        case .chunk(let id, _): if withFiles { ids.append(id) }
        case .empty, nil: break
        }
        return ids
    }
}
