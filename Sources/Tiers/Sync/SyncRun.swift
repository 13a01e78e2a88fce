import Backends
import Indexing
import Primitives
import Repositories
import Snapshots
import Threads

/// Copies snapshots from one repository to another.
///
/// At the destination it is a writer (`format-spec/ordering.md`): packs, then index objects, then snapshots, each of these in a session
/// of its own. All that the chosen snapshots need is compared and copied at once, in the first session; the later ones see
/// that it can still be reckoned with. At the source it is a reader.
package struct SyncRun: Sendable {
    let source: Repository
    let destination: Repository
    let request: SyncRequest
    let width: Int
    let cancellation: Cancellation
    let figures = Locked(TransferFigures())

    /// Sessions in a row that a prune may end before the run gives up, and readings of a source that changes.
    static let attempts = 4

    /// - Parameter width: how many threads compress.
    package init(
        from source: Repository, to destination: Repository, _ request: SyncRequest, width: Int,
        cancellation: Cancellation
    ) {
        self.source = source
        self.destination = destination
        self.request = request
        self.width = width
        self.cancellation = cancellation
    }

    /// How far it has come; may be asked from any thread.
    package var currentFigures: TransferFigures { figures.withLock { $0 } }

    /// Says what would be done. The destination is only read.
    package func plan() throws(VarveError) -> SyncReport {
        try source.checkIsAnother(destination)
        return try source.whilePresent(as: "sync") { () throws(VarveError) in
            let index = try destination.loadIndex(readsUnindexedPacks: true)
            let (view, selection) = try select(index)
            var report = SyncReport(selection)
            report.isFamily = source.isFamily(of: destination)
            if report.isFamily {
                let reader = SegmentReader(repository: destination, index: index.chunks)
                let transfer = transfer(from: view, to: index, reader)
                let comparison = try transfer.compare(
                    report.selection.copied, packSize: destination.configuration.packSize)
                report.plan = comparison.plan
                report.failed = SyncRun.failures(comparison.unreadable, among: report.selection.copied)
            }
            report.figures = currentFigures
            return report
        }
    }

    /// Does it.
    ///
    /// - Throws: kinds `usage`, `notFound`, `damaged` (of the destination), `busy`, `storage`, `local`, `cancelled`. Snapshots that were copied
    ///   until then stay; the next run goes on.
    package func run() throws(VarveError) -> SyncReport {
        try source.checkIsAnother(destination)
        return try source.whilePresent(as: "sync") { () throws(VarveError) in
            let (view, selection) = try select(try destination.loadIndex())
            var report = SyncReport(selection)
            report.isFamily = source.isFamily(of: destination)
            guard !report.selection.copied.isEmpty else { return report }
            try destination.backend.prepareForWriting()
            // While it stands no prune takes away what the sessions of this run have put, one after the other.
            try destination.whilePresent(as: "sync") { () throws(VarveError) in
                if report.isFamily {
                    report.keyrings = try KeyringTransfer(source: source, destination: destination).run()
                }
                var copying: any SnapshotCopying =
                    report.isFamily ? FamilySync(self, report, view) : ForeignSync(self, report, view)
                try copying.copyAll()
                report = copying.report
            }
            report.figures = currentFigures
            return report
        }
    }

    /// Reads the source, and chooses. Snapshots come first: the index then names all that they need.
    private func select(
        _ destinationIndex: LoadedIndex
    ) throws(VarveError) -> (TransferSource, SyncSelection) {
        var snapshots: [Snapshot]
        if request.policy != nil {
            snapshots = try source.loadSnapshotsForPolicy()
        } else {
            snapshots = try source.loadSnapshots(voidSessions: [])
        }
        let view = try TransferSource(source)
        snapshots.removeAll { view.index.voidSessions.contains($0.session) }
        let selection = try SyncSelection(
            request, among: snapshots, try destination.syncDestination(destinationIndex),
            now: source.environment.clock.now())
        return (view, selection)
    }

    func transfer(
        from view: TransferSource, to index: LoadedIndex, _ reader: SegmentReader
    ) -> ContentTransfer {
        // Nodes that both have are read where it costs no request over a network.
        let isNearer = source.backend.traffic != nil && destination.backend.traffic == nil
        return ContentTransfer(
            source: view, destination: index,
            readers: NodeReaders(isNearer ? [reader, view.reader] : [view.reader, reader]), figures: figures,
            cancellation: cancellation)
    }

    func openSession() throws(VarveError) -> WriterSession {
        try WriterSession(
            destination, command: "sync", compression: .default, width: width, cancellation: cancellation)
    }

    /// Puts the copy of a snapshot; it is not acknowledged where a prune has ended the session.
    ///
    /// - Parameter root: of the tree as the destination has it.
    func put(
        _ snapshot: Snapshot, root: TreeEntry.Subtree, _ session: WriterSession
    ) throws(VarveError) -> (copy: Snapshot, isAcknowledged: Bool) {
        var record = snapshot.record
        record.root = root
        record.original = snapshot.origin
        let (name, isAcknowledged) = try session.put(&record)
        return (Snapshot(id: name.id, session: session.id, record: record), isAcknowledged)
    }

    static func failures(
        _ errors: [Digest: VarveError], among snapshots: [Snapshot]
    ) -> [SyncReport.Failed] {
        snapshots.compactMap { snapshot in
            errors[snapshot.id].map { SyncReport.Failed(snapshot: snapshot, error: $0) }
        }
    }

    /// The sessions of the run were ended one after the other.
    static let pruned = VarveError(
        .busy, "every session was ended by a prune before its snapshot could be acknowledged",
        advice: "run the command again; what was copied is used", isRetryable: true)
}
