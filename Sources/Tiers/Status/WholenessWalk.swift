import Indexing
import Primitives
import Repositories
import Snapshots
import Threads

/// Says of snapshots whether all that they reach is there. What was found whole is not gone through again.
struct WholenessWalk {
    private struct Visitor: ReachabilityVisitor {
        var marks: ChunkMarks
        /// Nodes of the snapshot at hand.
        var path: [ChunkID] = []
        let isThere: (ChunkID) -> Bool

        mutating func visit(_ id: ChunkID, as chunkClass: ChunkClass) throws(VarveError) -> Bool {
            if marks.contains(id) { return false }
            guard isThere(id) else {
                throw .damaged("\(chunkClass) chunk \(id.shortHex)", "no pack that is there and whole holds it")
            }
            if chunkClass != .data { path.append(id) }
            return marks.insert(id)
        }
    }

    private var walk: ReachabilityWalk<Visitor>

    /// - Parameters:
    ///   - indexes: which name most of the chunks.
    ///   - isThere: whether a chunk can be reckoned with.
    init(
        _ marks: ChunkMarks, readers: NodeReaders, cancellation: Cancellation, isThere: @escaping (ChunkID) -> Bool
    ) {
        walk = ReachabilityWalk(
            Visitor(marks: marks, isThere: isThere), cancellation: cancellation,
            readTree: { id throws(VarveError) in try readers.read(id, as: .tree) },
            readList: { id throws(VarveError) in try readers.read(id, as: .list) })
    }

    /// What is wrong with a tree; `nil` where it is whole.
    ///
    /// - Throws: where the storage fails.
    mutating func flaw(below root: TreeEntry.Subtree) throws(VarveError) -> VarveError? {
        walk.visitor.path = []
        do throws(VarveError) {
            _ = try walk.walk(root)
            return nil
        } catch  where error.kind == .damaged || error.kind == .notFound {
            for id in walk.visitor.path { walk.visitor.marks.remove(id) }
            return error
        }
    }
}
