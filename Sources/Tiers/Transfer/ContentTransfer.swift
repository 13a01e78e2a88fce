import Backends
import Maintenance
import Primitives
import Repositories
import Snapshots
import Threads

/// Makes sure that all that some snapshots reach has usable copies at the destination: compares, plans, copies.
struct ContentTransfer {
    let source: TransferSource
    /// What is known of the destination.
    let destination: LoadedIndex
    /// Where nodes are read, the best place first.
    let readers: NodeReaders
    let figures: Locked<TransferFigures>
    let cancellation: Cancellation

    /// What is to be copied.
    struct Comparison {
        let plan: SyncPlan
        let needs: TransferNeeds
        let needed: ChunkMarks
        /// Snapshots of which a node can be had from nowhere, and why.
        let unreadable: [Digest: VarveError]
    }

    /// What copying came to.
    struct Outcome {
        /// Packs that were put under their names.
        var put: Set<Digest> = []
        /// Packs of the source that were not what they should be, or gone.
        var damagedPacks: Set<Digest> = []
        /// Chunks that could be had from nowhere. Deltas of which one is a base are not usable.
        var lost: Set<ChunkID> = []
        /// Whether nodes that could not be read may be readable now: what they are deltas against has come.
        var opensMore = false
    }

    // MARK: Comparing

    /// - Parameter packSize: the target of packs at the destination.
    func compare(_ snapshots: [Snapshot], packSize: Int) throws(VarveError) -> Comparison {
        figures.withLock { $0.phase = .comparing }
        var unreadable: [Digest: VarveError] = [:]
        var walk = ReachabilityWalk(
            NeedsVisitor(source: source.index.chunks, destination: destination.chunks) { [figures] in
                figures.withLock { $0.nodes += 1 }
            }, cancellation: cancellation,
            readTree: { [readers] id throws(VarveError) in try readers.read(id, as: .tree) },
            readList: { [readers] id throws(VarveError) in try readers.read(id, as: .list) })
        for snapshot in snapshots {
            walk.visitor.begin()
            do throws(VarveError) {
                _ = try walk.walk(snapshot.record.root)
            } catch  where error.kind == .damaged || error.kind == .notFound {
                walk.visitor.abandon()
                unreadable[snapshot.id] = error
            }
        }
        let needs = walk.visitor.needs
        let plan = SyncPlan(
            needs.packs(in: source.index, for: destination), costs: SyncPlan.Costs(packSize: UInt64(packSize)))
        return Comparison(plan: plan, needs: needs, needed: walk.visitor.needed, unreadable: unreadable)
    }

    // MARK: Copying

    /// Copies what the comparison found needed. It is durable once the session has finished storing.
    func copy(_ comparison: Comparison, to session: WriterSession) throws(VarveError) -> Outcome {
        figures.withLock { figures in
            figures.phase = .copying
            figures.plannedBytes =
                figures.readBytes + comparison.plan.wholeBytes + comparison.plan.partialBytes
        }
        let width = max(2, source.repository.backend.concurrency, session.repository.backend.concurrency)
        var outcome = Outcome()
        let packs = PackTransfer(
            source: source, session: session, figures: figures, width: width, cancellation: cancellation)
        let result = try packs.run(comparison.plan.whole)
        outcome.put = result.put
        outcome.damagedPacks = Set(result.failed.map(\.id))
        let segments = SegmentTransfer(
            source, session, needed: comparison.needed, figures: figures, width: width, cancellation: cancellation)
        try segments.copy(result.failed + comparison.plan.partial, loose: comparison.needs.loose)
        outcome.lost = segments.lost
        outcome.opensMore = !comparison.unreadable.isEmpty && comparison.needs.chunks > outcome.lost.count
        return outcome
    }
}
