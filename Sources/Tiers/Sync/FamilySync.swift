import Backends
import Indexing
import Primitives
import Repositories
import Snapshots
import Threads

/// Copies snapshots between places of one family.
struct FamilySync: SnapshotCopying {
    let run: SyncRun
    private(set) var report: SyncReport
    private var source: TransferSource
    /// What the snapshots still to be copied need stands in these, and perhaps others.
    private var assured: AssuredPacks?
    /// Sessions in a row that were ended by a prune.
    private var endedSessions = 0
    /// What these have put.
    private var unacknowledged: Set<Digest> = []
    /// How often the source was read again.
    private var readings = 0

    init(_ run: SyncRun, _ report: SyncReport, _ source: TransferSource) {
        self.run = run
        self.report = report
        self.source = source
    }

    /// Copies what is missing for all, and puts the snapshot that is next.
    mutating func copyNext(_ session: WriterSession) throws(VarveError) {
        // Another sync may be at work, or a forget.
        report.selection.drop(
            try run.destination.syncDestination(session.index, without: unacknowledged),
            keepingForgotten: !run.request.names.isEmpty)
        if assured?.hold(in: session.index) == true {
            try session.finishStoring()
        } else if !(try transfer(session)) {
            return session.close()
        }
        guard let snapshot = report.selection.copied.first else { return session.close() }
        run.figures.withLock { $0.phase = .finishing }
        let (copy, isAcknowledged) = try run.put(snapshot, root: snapshot.record.root, session)
        session.close()
        guard isAcknowledged else {
            unacknowledged.insert(copy.id)
            endedSessions += 1
            if endedSessions == SyncRun.attempts { throw SyncRun.pruned }
            run.destination.environment.warn("the session was ended by a prune: looking again at all that is needed")
            assured = nil
            return
        }
        endedSessions = 0
        report.copies.append(SyncReport.Copy(original: snapshot, copy: copy))
        report.selection.take(snapshot)
    }

    /// Makes sure of all that the snapshots still to be copied need; takes out those of which something can be had from nowhere.
    ///
    /// - Returns: whether that was done; `false` where it must be begun again: the source has changed, or nodes can be read now that could not.
    private mutating func transfer(_ session: WriterSession) throws(VarveError) -> Bool {
        let before = Set(session.index.chunks.packs.map(\.id))
        let transfer = run.transfer(from: source, to: session.index, session.reader)
        let comparison = try transfer.compare(
            report.selection.copied, packSize: run.destination.configuration.packSize)
        let outcome = try transfer.copy(comparison, to: session)
        try session.finishStoring()
        let stored = session.figures
        run.figures.withLock { $0.add(stored) }
        let isWhole = comparison.unreadable.isEmpty && outcome.lost.isEmpty
        if outcome.opensMore { return false }
        // A prune at the source may have moved what was looked for.
        if !isWhole, readings < SyncRun.attempts {
            readings += 1
            if try source.refresh() { return false }
        }
        report.damagedSourcePacks.formUnion(outcome.damagedPacks)
        if !isWhole { try dropUnwhole(comparison, session) }
        if run.request.verifies { try verify(session, named: before, put: outcome.put) }
        assured = AssuredPacks(session.index, put: outcome.put, named: before)
        return true
    }

    private mutating func dropUnwhole(
        _ comparison: ContentTransfer.Comparison, _ session: WriterSession
    ) throws(VarveError) {
        var failures = comparison.unreadable
        let chunks = session.index.chunks
        var walk = WholenessWalk(
            ChunkMarks(source.index.chunks, chunks), readers: NodeReaders([source.reader, session.reader]),
            cancellation: run.cancellation, isThere: { chunks.usableLocation(of: $0) != nil })
        for snapshot in report.selection.copied where failures[snapshot.id] == nil {
            failures[snapshot.id] = try walk.flaw(below: snapshot.record.root)
        }
        report.failed += SyncRun.failures(failures, among: report.selection.copied)
        for failed in report.failed { report.selection.take(failed.snapshot) }
    }

    /// Reads back what this session has put.
    private func verify(_ session: WriterSession, named before: Set<Digest>, put: Set<Digest>) throws(VarveError) {
        let packs = session.index.chunks.packs.filter { !before.contains($0.id) || put.contains($0.id) }
        try CopyVerification(repository: run.destination, figures: run.figures, cancellation: run.cancellation)
            .run(packs.map { ListedObject(id: $0.id, size: $0.size) })
    }
}
