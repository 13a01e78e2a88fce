import Backends
import Primitives
import Repositories
import Snapshots
import Threads

/// Copies snapshots to a place with other keys or parameters: all of them is read and stored anew, like a backup of the same bytes.
struct ForeignSync: SnapshotCopying {
    let run: SyncRun
    private(set) var report: SyncReport
    private var source: TransferSource
    private var trees: TreeTransfer
    /// What was stored so far stands in these, and perhaps others.
    private var assured: AssuredPacks?
    private var endedSessions = 0
    /// What these have put.
    private var unacknowledged: Set<Digest> = []
    private var readings = 0

    init(_ run: SyncRun, _ report: SyncReport, _ source: TransferSource) {
        self.run = run
        self.report = report
        self.source = source
        trees = ForeignSync.trees(run, source)
        run.figures.withLock { figures in
            figures.phase = .copying
            figures.plannedBytes = report.selection.copied.reduce(0) { $0 + $1.record.summary.bytes }
        }
    }

    private static func trees(_ run: SyncRun, _ source: TransferSource) -> TreeTransfer {
        TreeTransfer(source.reader, width: run.width, cancellation: run.cancellation) { [figures = run.figures] bytes in
            figures.withLock { $0.readBytes += bytes }
        }
    }

    mutating func copyNext(_ session: WriterSession) throws(VarveError) {
        report.selection.drop(
            try run.destination.syncDestination(session.index, without: unacknowledged),
            keepingForgotten: !run.request.names.isEmpty)
        guard let snapshot = report.selection.copied.first else { return session.close() }
        if assured?.hold(in: session.index) == false { trees.forget() }
        let before = Set(session.index.chunks.packs.map(\.id))
        let root: TreeEntry.Subtree
        do throws(VarveError) {
            root = try trees.store(snapshot.record.root, in: session)
            try session.finishStoring()
        } catch  where error.kind == .damaged || error.kind == .notFound {
            // What was begun stays for the snapshots that come next.
            session.abandon()
            trees.forget()
            return try fail(snapshot, error)
        }
        let stored = session.figures
        run.figures.withLock { $0.add(stored) }
        if run.request.verifies {
            let packs = session.index.chunks.packs.filter { !before.contains($0.id) }
            try CopyVerification(repository: run.destination, figures: run.figures, cancellation: run.cancellation)
                .run(packs.map { ListedObject(id: $0.id, size: $0.size) })
            run.figures.withLock { $0.phase = .copying }
        }
        let (copy, isAcknowledged) = try run.put(snapshot, root: root, session)
        session.close()
        guard isAcknowledged else {
            unacknowledged.insert(copy.id)
            endedSessions += 1
            if endedSessions == SyncRun.attempts { throw SyncRun.pruned }
            trees.forget()
            assured = nil
            return
        }
        endedSessions = 0
        assured = AssuredPacks(session.index, put: [], named: before)
        report.copies.append(SyncReport.Copy(original: snapshot, copy: copy))
        report.selection.take(snapshot)
    }

    /// Tries once more where the source has changed since it was read, else gives the snapshot up.
    private mutating func fail(_ snapshot: Snapshot, _ error: VarveError) throws(VarveError) {
        if readings < SyncRun.attempts {
            readings += 1
            let hasChanged = try source.refresh()
            trees = ForeignSync.trees(run, source)
            if hasChanged { return }
        }
        report.failed.append(SyncReport.Failed(snapshot: snapshot, error: error))
        report.selection.take(snapshot)
    }
}
