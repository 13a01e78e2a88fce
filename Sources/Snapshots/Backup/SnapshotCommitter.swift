import Backends
import Primitives
import Repositories
import Threads

/// Puts a snapshot and sees it acknowledged (`format-spec/ordering.md`, "Writers", 6 to 8).
struct SnapshotCommitter {
    let repository: Repository
    let cancellation: Cancellation
    /// Begins a session that follows a void one.
    let openSession: () throws(VarveError) -> WriterSession
    /// Sessions that may follow a void one before the writer gives up.
    private static let attempts = 4

    struct Committed {
        let snapshot: Snapshot
        let stored: StoredFigures
    }

    /// Commits `record`, whose content was stored under `session`, and closes the session.
    ///
    /// - Parameter summary: makes the summary once all figures are known.
    mutating func commit(
        _ record: inout SnapshotRecord, _ session: WriterSession,
        _ summary: (StoredFigures) -> SnapshotRecord.Summary
    ) throws(VarveError) -> Committed {
        do throws(VarveError) {
            let committed = try commit(&record, at: session.leading, session.id, session.figures, summary)
            session.close()
            return committed
        } catch {
            session.abandon()
            throw error
        }
    }

    /// Commits `record` at one of the repositories that a session wrote to. The session stays open elsewhere.
    ///
    /// - Parameter stored: what the session has stored.
    func commit(
        _ record: inout SnapshotRecord, at tier: SessionTier, _ session: Identifier, _ stored: StoredFigures,
        _ summary: (StoredFigures) -> SnapshotRecord.Summary
    ) throws(VarveError) -> Committed {
        var stored = stored
        record.summary = summary(stored)
        let (name, isAcknowledged) = try tier.put(&record, cancellation)
        if isAcknowledged {
            return Committed(snapshot: Snapshot(id: name.id, session: session, record: record), stored: stored)
        }
        tier.close()
        for _ in 1..<SnapshotCommitter.attempts {
            repository.environment.warn("the session was ended by a prune: verifying all that the snapshot needs")
            let session = try openSession()
            do throws(VarveError) {
                try ReachableContent(session: session).ensureUsable(root: record.root)
                try session.finishStoring()
                stored += session.figures
                record.summary = summary(stored)
                let (name, isAcknowledged) = try session.put(&record)
                session.close()
                if isAcknowledged {
                    return Committed(
                        snapshot: Snapshot(id: name.id, session: session.id, record: record), stored: stored)
                }
            } catch {
                session.abandon()
                throw error
            }
        }
        throw VarveError(
            .busy, "every session was ended by a prune before its snapshot could be acknowledged",
            advice: "run the command again; what was stored is used", isRetryable: true)
    }
}
