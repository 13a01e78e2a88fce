import Primitives
import Repositories

/// A way to copy the snapshots of a selection, each in a session of its own.
protocol SnapshotCopying {
    var run: SyncRun { get }
    /// Says what was copied, and what is left to copy.
    var report: SyncReport { get }

    /// Copies the snapshot that is next, or finds that none is or that it must be tried again; closes the session.
    mutating func copyNext(_ session: WriterSession) throws(VarveError)
}

extension SnapshotCopying {
    /// Copies all that were chosen, oldest first, and leaves out those of which something is lost.
    mutating func copyAll() throws(VarveError) {
        while !report.selection.copied.isEmpty {
            try run.cancellation.check()
            let session = try run.openSession()
            do throws(VarveError) {
                try copyNext(session)
            } catch {
                session.abandon()
                throw error
            }
        }
    }
}
