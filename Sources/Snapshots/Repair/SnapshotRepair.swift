import Backends
import Compressing
import Primitives
import Repositories
import Threads

/// Replaces each snapshot of which something is lost by one that says what is lost and has all the rest.
///
/// The new one is acknowledged before the old one goes (`format-spec/ordering.md`). What counts as lost is what the index and the damage
/// records say; data is read only where they say that it is not usable.
package struct SnapshotRepair: Sendable {
    private let repository: Repository
    private let program: String
    private let memory: CacheFolder?
    private let width: Int
    private let cancellation: Cancellation

    /// - Parameter memory: this machine's cache, which remembers which snapshots there were.
    package init(
        _ repository: Repository, program: String, memory: CacheFolder? = nil, width: Int, cancellation: Cancellation
    ) {
        self.repository = repository
        self.program = program
        self.memory = memory
        self.width = width
        self.cancellation = cancellation
    }

    /// Does it, or says what it would do.
    ///
    /// - Parameter forgetsUnreadable: whether snapshots that cannot be read or are missing are given up.
    /// - Throws: kind `damaged` where the index cannot be read whole: what it does not say is not lost.
    package func run(isDryRun: Bool, forgetsUnreadable: Bool) throws(VarveError) -> SnapshotRepairReport {
        let index = try repository.loadIndexForJudging()
        try SnapshotRepair.checkReadable(index)
        var report = SnapshotRepairReport()
        var unreadable: [VarveError] = []
        let all = try repository.loadSnapshots(voidSessions: []) { unreadable.append($0) }
        let snapshots = all.filter { !index.voidSessions.contains($0.session) }
        report.missingSnapshots = try repository.missingSnapshots(besides: all, memory: memory)
        let source = RepairSource(index, of: repository)
        var analysis = TreeRepair(source, cancellation: cancellation)
        for snapshot in snapshots {
            _ = try analysis.repair(snapshot.record.root)
            let strays = source.takeStrays()
            if analysis.losses.isEmpty {
                if !strays.isEmpty, !isDryRun { try storeAgain(snapshot) }
                report.chunksStoredAgain += strays.count
                report.soundSnapshots += 1
            } else if isDryRun {
                report.repaired.append(RepairedSnapshot(old: snapshot, losses: analysis.losses))
            } else if let repaired = try replace(snapshot) {
                report.repaired.append(repaired)
            }
        }
        report.unreadableSnapshots = unreadable
        if forgetsUnreadable, !isDryRun { try giveUp(&report) }
        return report
    }

    private static func checkReadable(_ index: LoadedIndex) throws(VarveError) {
        guard let error = index.unreadable.first else { return }
        throw VarveError(
            .damaged, "the index cannot be read whole: \(error.problem)", advice: "run `varve repair index` first")
    }

    private func openSession() throws(VarveError) -> WriterSession {
        try WriterSession(
            repository, command: "repair snapshots", compression: .default, width: width, cancellation: cancellation)
    }

    /// Stores again what of a snapshot can be read and has no usable copy. Nobody else does where the pack that holds it is damaged and going: a
    /// prune does not reckon with it, and a repair of packs leaves what is going to the prune.
    private func storeAgain(_ snapshot: Snapshot) throws(VarveError) {
        let session = try openSession()
        try session.completeStoring { () throws(VarveError) in
            try SnapshotRepair.checkReadable(session.index)
            try ReachableContent(session: session).ensureUsable(root: snapshot.record.root)
        }
        session.close()
    }

    /// Puts a snapshot in the place of one; gives `nil` where nothing of it is lost after all, or it is gone.
    private func replace(_ old: Snapshot) throws(VarveError) -> RepairedSnapshot? {
        let session = try openSession()
        var record = old.record
        let (losses, isThere) = try session.completeStoring { () throws(VarveError) in
            try SnapshotRepair.checkReadable(session.index)
            var repair = TreeRepair(RepairSource(session), cancellation: cancellation)
            let (root, lostRootEntries) = try repair.repair(record.root)
            let losses = repair.losses
            record.root = root
            record.program = program
            record.original = nil
            record.repair = SnapshotRecord.Repair(
                of: old.id, lostBytes: losses.reduce(record.repair?.lostBytes ?? 0) { $0 + $1.lostBytes },
                lostEntries: losses.reduce(record.repair?.lostEntries ?? 0) { $0 + $1.lostEntries },
                lostRootEntries: (record.repair?.lostRootEntries ?? 0) + lostRootEntries)
            return (losses, try repository.backend.list(.snapshots).contains { $0.id == old.id })
        }
        guard !losses.isEmpty, isThere else {
            session.close()
            return nil
        }
        var committer = SnapshotCommitter(
            repository: repository, cancellation: cancellation,
            openSession: { () throws(VarveError) in try openSession() })
        let summary = record.summary
        let committed = try committer.commit(&record, session) { _ in summary }
        var repaired = RepairedSnapshot(old: old, new: committed.snapshot, losses: losses)
        let removal = try SnapshotRemoval(repository, cancellation: cancellation).run([old], because: .replaced)
        repaired.isRetained = !removal.retained.isEmpty
        return repaired
    }

    /// Sets snapshots aside that cannot be read. A forget record explains why they, and those that are missing, are not there.
    private func giveUp(_ report: inout SnapshotRepairReport) throws(VarveError) {
        var damaged: [Digest] = []
        report.unreadableSnapshots = []
        for listed in try repository.backend.list(.snapshots).sorted(by: { $0.id < $1.id }) {
            do throws(VarveError) {
                _ = try repository.readSnapshot(listed.id)
            } catch  where error.kind == .damaged {
                damaged.append(listed.id)
                report.snapshotsSetAside.append(error)
            } catch  where error.kind == .unsupported {
                report.unreadableSnapshots.append(error)
            } catch  where error.kind == .notFound {
                continue
            }
        }
        let names = Set(damaged + report.missingSnapshots).sorted()
        if names.isEmpty { return }
        // Who wrote it, and as which number, is in what cannot be read.
        let forgotten = names.map {
            IndexRecord.ForgottenSnapshot(name: $0, writer: .zero, sequence: 0, original: nil)
        }
        try repository.backend.prepareForWriting()
        try repository.putRecord(.forget(forgotten))
        for id in damaged { try repository.backend.setAside(ObjectName(.snapshots, id)) }
    }
}
