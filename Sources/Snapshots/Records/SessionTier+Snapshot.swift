import Backends
import Primitives
import Repositories
import Threads

extension SessionTier {
    /// Puts a snapshot as the next one of this machine's writer at this repository, and says whether it is acknowledged.
    ///
    /// - Parameter record: gets its writer, number and predecessor.
    package func put(
        _ record: inout SnapshotRecord, _ cancellation: Cancellation
    ) throws(VarveError) -> (name: ObjectName, isAcknowledged: Bool) {
        try cancellation.check()
        var draft = record
        defer { record = draft }
        let (name, isAcknowledged) = try putNext(&draft)
        if !isAcknowledged { withdraw(Snapshot(id: name.id, session: session, record: draft)) }
        return (name, isAcknowledged)
    }

    private func putNext(
        _ draft: inout SnapshotRecord
    ) throws(VarveError) -> (name: ObjectName, isAcknowledged: Bool) {
        var record = draft
        defer { draft = record }
        return try repository.cache.withWriter(repository.environment) {
            writer, save throws(VarveError) in
            // The number is taken before the snapshot is put: a crash in between leaves a number unused, never one used twice.
            writer.sequence += 1
            try save(writer)
            record.writer = writer.id
            record.sequence = writer.sequence
            record.previous = writer.previous
            let (name, isAcknowledged) = try putSnapshot(try record.encoded())
            writer.previous = name.id
            return (name, isAcknowledged)
        }
    }

    /// Removes a snapshot that is not acknowledged: nobody knows whether all that it needs is there, and prunes would stop at it.
    ///
    /// Where that fails it stays until a prune deletes it, as one of a session that is void.
    private func withdraw(_ snapshot: Snapshot) {
        do throws(VarveError) {
            _ = try SnapshotRemoval(repository, cancellation: Cancellation()).run([snapshot], because: .replaced)
        } catch {
            repository.environment.warn("a snapshot that does not count could not be removed: \(error.problem)")
        }
    }
}

extension WriterSession {
    /// Puts a snapshot where the session writes to one repository (``SessionTier/put(_:_:)``).
    package func put(_ record: inout SnapshotRecord) throws(VarveError) -> (name: ObjectName, isAcknowledged: Bool) {
        try leading.put(&record, cancellation)
    }
}
