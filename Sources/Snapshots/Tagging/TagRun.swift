import Backends
import Compressing
import Primitives
import Repositories
import Threads

/// Changes the tags of a snapshot. Objects never change, so that a new snapshot takes the place of the old one: same tree, same time.
///
/// It is a writer session (`format-spec/ordering.md`): all that the snapshot reaches must be usable, and the old one goes
/// only after the new one is acknowledged. A crash in between leaves both, which is one too many and none too few.
///
/// Each snapshot has a session of its own: a prune tells by its snapshot that a session came to its end.
package struct TagRun: Sendable {
    private let repository: Repository
    private let change: TagChange
    private let width: Int
    private let cancellation: Cancellation

    /// - Parameter width: how many threads compress, where content must be stored again.
    package init(_ repository: Repository, _ change: TagChange, width: Int, cancellation: Cancellation) {
        self.repository = repository
        self.change = change
        self.width = width
        self.cancellation = cancellation
    }

    package struct Result: Sendable {
        package let snapshot: Snapshot
        /// Why the old snapshot is still there, where the storage did not let it go.
        package let retained: VarveError?
    }

    /// Does it; gives `nil` where the tags are as they shall be.
    ///
    /// - Throws: kind `notFound` where the snapshot was removed since it was read, `damaged` where something of it cannot be had any
    ///   more, `busy`, `storage`, `local`, `cancelled`. The old snapshot is there then.
    package func run(_ old: Snapshot) throws(VarveError) -> Result? {
        let tags = change.applied(to: old.record.tags)
        guard tags != old.record.tags else { return nil }
        do throws(VarveError) {
            return try replace(old, tags)
        } catch  where error == .damagedIndexCache {
            // It is gone now, and the next session reads the index anew.
            return try replace(old, tags)
        }
    }

    private func replace(_ old: Snapshot, _ tags: [String]) throws(VarveError) -> Result {
        let session = try openSession()
        try session.completeStoring { () throws(VarveError) in
            try checkPresence(of: old, session)
            try ReachableContent(session: session).ensureUsable(root: old.record.root)
        }
        var record = old.record
        record.tags = tags
        record.original = old.origin
        var committer = SnapshotCommitter(
            repository: repository, cancellation: cancellation,
            openSession: { () throws(VarveError) in try openSession() })
        let new = try committer.commit(&record, session) { _ in old.record.summary }.snapshot
        let removal = try SnapshotRemoval(repository, cancellation: cancellation).run([old], because: .replaced)
        return Result(snapshot: new, retained: removal.retained.first?.error)
    }

    private func openSession() throws(VarveError) -> WriterSession {
        try WriterSession(
            repository, command: "tag", compression: .default, width: width, cancellation: cancellation)
    }

    /// A snapshot that somebody removed meanwhile must not come back under another name.
    private func checkPresence(of snapshot: Snapshot, _ session: WriterSession) throws(VarveError) {
        let isListed = try repository.backend.list(.snapshots).contains { $0.id == snapshot.id }
        guard isListed, !session.index.voidSessions.contains(snapshot.session) else {
            throw VarveError(
                .notFound, "snapshot \(snapshot.id.shortHex) was removed meanwhile",
                advice: "`varve snapshots` shows what there is")
        }
    }
}
