import Backends
import Primitives
import Repositories

/// Puts records of one type together, so that `index/` does not grow by an object with every prune. What they say is kept for ever.
struct RecordMerge {
    let repository: Repository
    let session: Identifier
    /// What was read; only records of it are merged.
    let index: LoadedIndex

    func run() throws(VarveError) {
        try merge(.condemn(index.condemned.sorted()))
        try merge(.void(index.voidSessions.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }))
        try merge(.forget(index.forgotten.sorted(by: IndexRecord.ForgottenSnapshot.precedes)))
    }

    private func merge(_ record: IndexRecord) throws(VarveError) {
        guard let old = index.records[record.type], old.count > 1 else { return }
        try repository.putRecord(record, session: session)
        try repository.backend.deleteAll(old.sorted().map { ObjectName(.index, $0) })
    }
}
