import FileIO
import Packing
import Primitives
import Repositories
import Threads

/// Backs up all sources of a request into one snapshot, or none.
package struct BackupRun: Sendable {
    private let repository: Repository
    private let request: BackupRequest
    private let cancellation: Cancellation
    private let progress = Locked(BackupProgress())

    /// - Parameter cancellation: ends the run; what was stored until then is found by the next.
    package init(_ repository: Repository, _ request: BackupRequest, cancellation: Cancellation) {
        self.repository = repository
        self.request = request
        self.cancellation = cancellation
    }

    /// How far it has come; may be asked from any thread.
    package var currentProgress: BackupProgress { progress.withLock { $0 } }

    /// Does it. Blocks until the snapshot is acknowledged.
    ///
    /// - Throws: kinds `usage`, `source`, `storage`, `local`, `damaged`, `cancelled`.
    package func run() throws(VarveError) -> BackupResult {
        let start = repository.environment.clock.monotonicSeconds()
        let time = repository.environment.clock.now()
        let names = try RootAssembly.checkNames(request)
        let session = try openSession()
        let result: (root: TreeEntry.Subtree, parent: Snapshot?)
        do throws(VarveError) {
            result = try store(names, session)
        } catch {
            cancellation.cancel(error)
            session.abandon()
            throw error
        }
        var record = SnapshotRecord(
            time: time, host: request.host, user: repository.environment.user, tags: request.tags, paths: names.paths,
            streams: names.streams, root: result.root, parent: result.parent?.id, excludes: request.excludeTexts,
            summary: SnapshotRecord.Summary(), program: request.program, writer: .zero, sequence: 0, previous: nil)
        var committer = SnapshotCommitter(
            repository: repository, cancellation: cancellation,
            openSession: { () throws(VarveError) in try openSession() })
        let committed = try committer.commit(&record, session) { stored in
            summary(stored, seconds: repository.environment.clock.monotonicSeconds() - start)
        }
        return BackupResult(
            snapshot: committed.snapshot, parent: result.parent, progress: currentProgress, stored: committed.stored,
            seconds: repository.environment.clock.monotonicSeconds() - start)
    }

    private func openSession() throws(VarveError) -> WriterSession {
        try WriterSession(
            repository, command: request.commandText, compression: request.compression, width: request.width,
            cancellation: cancellation)
    }

    private func summary(_ stored: StoredFigures, seconds: Double) -> SnapshotRecord.Summary {
        let progress = currentProgress
        var summary = SnapshotRecord.Summary()
        summary.files = progress.files
        summary.folders = progress.folders
        summary.bytes = progress.bytes + progress.unchangedBytes
        summary.newBytes = progress.newBytes
        summary.storedBytes = stored.storedBytes
        summary.errors = progress.errors
        summary.durationMs = UInt64(seconds * 1000)
        return summary
    }

    /// Reads all sources and stores what is new; gives the root tree.
    private func store(
        _ names: RootAssembly.Names, _ session: WriterSession
    ) throws(VarveError) -> (root: TreeEntry.Subtree, parent: Snapshot?) {
        let parent = try findParent(names, session)
        let pipelines = Pipelines(session: session, request: request, progress: progress)
        try pipelines.run(parent: parent?.record.root)
        let root = try RootAssembly.store(
            pathEntries: pipelines.pathEntries,
            streamEntries: zip(request.streams, pipelines.streamEntries).map { ($0.pathComponents, $1) }, in: session,
            time: repository.environment.clock.now())
        try session.finishStoring()
        return (root, parent)
    }

    private func findParent(_ names: RootAssembly.Names, _ session: WriterSession) throws(VarveError) -> Snapshot? {
        if let wanted = request.parent {
            let snapshot = try repository.readSnapshot(wanted)
            guard !session.index.voidSessions.contains(snapshot.session) else {
                throw VarveError(
                    .notFound, "snapshot \(wanted.shortHex) does not count: its session was ended by a prune")
            }
            return snapshot
        }
        return try repository.loadSnapshots(voidSessions: session.index.voidSessions)
            .parent(host: request.host, paths: names.paths, streams: names.streams)
    }
}
