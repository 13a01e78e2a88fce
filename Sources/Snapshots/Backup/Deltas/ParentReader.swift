import Primitives
import Repositories
import Threads

/// Reads the nodes of the parent for the sake of bases. Where one cannot be read, that is said once, and there are no bases.
final class ParentReader: Sendable {
    private let session: WriterSession
    private let hasWarned = Locked(false)

    init(_ session: WriterSession) { self.session = session }

    /// Runs `body` with a way to read nodes; gives nothing where they cannot be read.
    func attempt<Result>(
        _ chunkClass: ChunkClass, _ body: (ListCursor.ReadNode) throws(VarveError) -> Result
    ) throws(VarveError) -> Result? {
        let reader = session.reader
        do throws(VarveError) {
            return try body { id throws(VarveError) in try reader.chunk(id, as: chunkClass) }
        } catch {
            try session.cancellation.check()
            let isFirst = hasWarned.withLock { hasWarned in
                defer { hasWarned = true }
                return !hasWarned
            }
            if isFirst {
                session.repository.environment.warn(
                    "the parent snapshot cannot be read here, so what changed is stored whole: \(error.problem)")
            }
            return nil
        }
    }
}
