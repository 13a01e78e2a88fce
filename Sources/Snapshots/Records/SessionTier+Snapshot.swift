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
        return try repository.cache.withWriter(repository.environment) {
            writer, save throws(VarveError) in
            // The number is taken before the snapshot is put: a crash in between leaves a number unused, never one used twice.
            writer.sequence += 1
            try save(writer)
            draft.writer = writer.id
            draft.sequence = writer.sequence
            draft.previous = writer.previous
            let (name, isAcknowledged) = try putSnapshot(try draft.encoded())
            writer.previous = name.id
            return (name, isAcknowledged)
        }
    }
}

extension WriterSession {
    /// Puts a snapshot where the session writes to one repository (``SessionTier/put(_:_:)``).
    package func put(_ record: inout SnapshotRecord) throws(VarveError) -> (name: ObjectName, isAcknowledged: Bool) {
        try leading.put(&record, cancellation)
    }
}
