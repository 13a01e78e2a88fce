import FileIO
import Packing
import Primitives
import Repositories
import Threads

/// Backs up all sources of a request into one snapshot, or none; in one repository, or in several of a family at once.
package struct BackupRun: Sendable {
    private let repositories: [Repository]
    private let request: BackupRequest
    private let cancellation: Cancellation
    private let progress = Locked(BackupProgress())

    /// - Parameter cancellation: ends the run; what was stored until then is found by the next.
    package init(_ repository: Repository, _ request: BackupRequest, cancellation: Cancellation) {
        self.init([repository], request, cancellation: cancellation)
    }

    /// Backs up into all of `repositories`, at least one. One that fails is left out, as long as another remains.
    package init(_ repositories: [Repository], _ request: BackupRequest, cancellation: Cancellation) {
        precondition(!repositories.isEmpty, "a backup goes somewhere")
        self.repositories = repositories
        self.request = request
        self.cancellation = cancellation
    }

    /// Whose environment counts.
    private var environment: RepositoryEnvironment { repositories[0].environment }

    /// How far it has come; may be asked from any thread.
    package var currentProgress: BackupProgress { progress.withLock { $0 } }

    /// Does it. Blocks until the snapshot is acknowledged, wherever it is put.
    ///
    /// - Throws: kinds `usage`, `source`, `storage`, `local`, `damaged`, `cancelled`; where there are several repositories, only if
    ///   none gets the snapshot.
    package func run() throws(VarveError) -> BackupResult {
        let start = environment.clock.monotonicSeconds()
        let time = request.time ?? environment.clock.now()
        let names = try RootAssembly.checkNames(request)
        try checkFamily()
        let session = try openSession(repositories)
        let result: (root: TreeEntry.Subtree, parent: Snapshot?)
        do throws(VarveError) {
            result = try store(names, session)
        } catch {
            cancellation.cancel(error)
            session.abandon()
            throw error
        }
        let record = SnapshotRecord(
            time: time, host: request.host, user: environment.user, tags: request.tags, paths: names.paths,
            streams: names.streams, root: result.root, parent: result.parent?.id, excludes: request.excludeTexts,
            summary: SnapshotRecord.Summary(), program: request.program, writer: .zero, sequence: 0, previous: nil)
        var stored = session.figures
        let tiers = try commit(record, session, &stored, since: start)
        guard let snapshot = tiers.lazy.compactMap({ try? $0.outcome.get() }).first else {
            throw tiers.compactMap(\.failure).first ?? VarveError(.storage, "no repository has got the snapshot")
        }
        return BackupResult(
            snapshot: snapshot, parent: result.parent, tiers: tiers, progress: currentProgress, stored: stored,
            seconds: environment.clock.monotonicSeconds() - start)
    }

    /// Packs go to all repositories as they are.
    ///
    /// - Throws: kind `usage`.
    private func checkFamily() throws(VarveError) {
        for (number, other) in repositories.enumerated().dropFirst() {
            try repositories[0].checkIsOfFamily(other)
            for another in repositories[..<number] { try another.checkIsElsewhere(other) }
        }
    }

    private func openSession(_ repositories: [Repository]) throws(VarveError) -> WriterSession {
        try WriterSession(
            repositories, command: request.commandText, compression: request.compression, deltas: request.deltas,
            width: request.width, cancellation: cancellation)
    }

    // MARK: The snapshot

    /// Puts the snapshot wherever its content is, and closes the session; gives what came of it.
    ///
    /// - Throws: kind `cancelled`; of a single repository, whatever goes wrong.
    private func commit(
        _ record: SnapshotRecord, _ session: WriterSession, _ stored: inout StoredFigures, since start: Double
    ) throws(VarveError) -> [BackupTier] {
        defer { session.close() }
        var outcomes: [Identifier: Result<Snapshot, VarveError>] = [:]
        for (repository, error) in session.unreachable {
            outcomes[repository.configuration.location] = .failure(error)
        }
        var original: Digest?
        for tier in session.tiers {
            let location = tier.repository.configuration.location
            if let error = tier.failure {
                outcomes[location] = .failure(error)
                continue
            }
            var copy = record
            copy.original = original
            do throws(VarveError) {
                let committed = try committer(at: tier.repository).commit(&copy, at: tier, session.id, session.figures)
                {
                    summary($0, seconds: environment.clock.monotonicSeconds() - start)
                }
                if original == nil { stored = committed.stored }
                original = original ?? committed.snapshot.id
                outcomes[location] = .success(committed.snapshot)
            } catch {
                if session.tiers.count == 1 || cancellation.isCancelled { throw error }
                tier.fail(error)
                outcomes[location] = .failure(error)
            }
        }
        return repositories.compactMap { repository in
            outcomes[repository.configuration.location].map {
                BackupTier(location: repository.backend.location, outcome: $0)
            }
        }
    }

    /// Puts snapshots, in sessions of one repository where a prune ended the common one there.
    private func committer(at repository: Repository) -> SnapshotCommitter {
        SnapshotCommitter(
            repository: repository, cancellation: cancellation,
            openSession: { () throws(VarveError) in try openSession([repository]) })
    }

    private func summary(_ stored: StoredFigures, seconds: Double) -> SnapshotRecord.Summary {
        let progress = currentProgress
        var summary = SnapshotRecord.Summary()
        summary.files = progress.files
        summary.folders = progress.folders
        summary.bytes = progress.bytes + progress.unchangedBytes
        summary.newBytes = progress.newBytes
        summary.storedBytes = stored.storedBytes
        summary.savedBytes = stored.savedBytes > 0 ? stored.savedBytes : nil
        summary.errors = progress.errors
        summary.durationMs = UInt64(seconds * 1000)
        return summary
    }

    /// Reads all sources and stores what is new; gives the root tree.
    private func store(
        _ names: RootAssembly.Names, _ session: WriterSession
    ) throws(VarveError) -> (root: TreeEntry.Subtree, parent: Snapshot?) {
        let parents = try findParents(names, session)
        let parentReader = ParentReader(session)
        let pipelines = Pipelines(session: session, request: request, parentReader: parentReader, progress: progress)
        try pipelines.run(
            ParentContent(
                root: parents.snapshot?.record.root, streams: try parents.streams(of: request, session, parentReader)))
        let root = try RootAssembly.store(
            pathEntries: pipelines.pathEntries,
            streamEntries: zip(request.streams, pipelines.streamEntries).map { ($0.pathComponents, $1) }, in: session,
            time: environment.clock.now())
        try session.finishStoring()
        return (root, parents.snapshot)
    }

    private func findParents(
        _ names: RootAssembly.Names, _ session: WriterSession
    ) throws(VarveError) -> ParentSnapshots {
        let tier = session.leading
        do throws(VarveError) {
            return try findParents(names, tier)
        } catch {
            let isUsersWord = request.parent != nil || error.kind == .cancelled
            guard !isUsersWord, session.tiers.contains(where: { $0 !== tier && $0.isUp }) else { throw error }
            tier.fail(error)
            return try findParents(names, session)
        }
    }

    private func findParents(
        _ names: RootAssembly.Names, _ tier: SessionTier
    ) throws(VarveError) -> ParentSnapshots {
        if let wanted = request.parent {
            let snapshot = try tier.repository.readSnapshot(wanted)
            guard !tier.index.voidSessions.contains(snapshot.session) else {
                throw VarveError(
                    .notFound, "snapshot \(wanted.shortHex) does not count: its session was ended by a prune")
            }
            return ParentSnapshots(snapshot: snapshot, candidates: [])
        }
        let snapshots = try tier.repository.loadSnapshots(voidSessions: tier.index.voidSessions)
        return ParentSnapshots(
            snapshot: snapshots.parent(host: request.host, paths: names.paths, streams: names.streams),
            candidates: snapshots.filter { $0.record.host == request.host }.sortedByTime())
    }
}
