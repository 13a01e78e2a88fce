import Backends
import Primitives
import Repositories
import Threads

/// Removes snapshots: first a forget record that says so, then the snapshots (`format-spec/ordering.md`).
///
/// A snapshot that is missing without such a record looks like one that the storage lost or hid. After a crash between the
/// two steps the snapshot is still there and counts as before; whoever removes it then puts a record again.
///
/// No session anchor is put. An anchor makes a prune wait for packs that no snapshot reaches yet, and for readers that
/// still need what is going; a removal has neither. A prune beside it sees a snapshot, and keeps what it reaches, or sees
/// none and finds the record, which was there before.
package struct SnapshotRemoval: Sendable {
    private let repository: Repository
    private let cancellation: Cancellation
    private let deletedTogether: Int

    /// - Parameter deletedTogether: so many are deleted before it is seen whether to go on.
    package init(_ repository: Repository, cancellation: Cancellation, deletedTogether: Int = 256) {
        self.repository = repository
        self.cancellation = cancellation
        self.deletedTogether = deletedTogether
    }

    /// Why snapshots go.
    package enum Reason: Sendable {
        /// Nobody wants them here any more: no copy of them comes here again.
        case unwanted
        /// Others were put in their place.
        case replaced
    }

    package struct Result: Sendable {
        package fileprivate(set) var removed: [Snapshot] = []
        /// What the storage did not let go, and what it said.
        package fileprivate(set) var retained: [(snapshot: Snapshot, error: VarveError)] = []
    }

    /// Does it. A snapshot that cannot be deleted does not keep the others from it.
    ///
    /// - Throws: where the record cannot be put: then nothing is deleted. Kind `cancelled` where it is ended in between.
    package func run(_ snapshots: [Snapshot], because reason: Reason = .unwanted) throws(VarveError) -> Result {
        var result = Result()
        guard !snapshots.isEmpty else { return result }
        try cancellation.check()
        try repository.backend.prepareForWriting()
        let forgotten = Set(snapshots.map { $0.forgotten(forGood: reason == .unwanted) })
        try repository.putRecord(.forget(forgotten.sorted(by: IndexRecord.ForgottenSnapshot.precedes)))
        for start in stride(from: 0, to: snapshots.count, by: deletedTogether) {
            try cancellation.check()
            let going = snapshots[start..<min(start + deletedTogether, snapshots.count)]
            let failures = repository.backend.delete(going.map { ObjectName(.snapshots, $0.id) })
            let errors = Dictionary(failures.map { ($0.name.id, $0.error) }, uniquingKeysWith: { first, _ in first })
            for snapshot in going {
                if let error = errors[snapshot.id] {
                    result.retained.append((snapshot, error))
                } else {
                    result.removed.append(snapshot)
                }
            }
        }
        return result
    }
}

extension Snapshot {
    /// What a forget record says of it.
    ///
    /// - Parameter isForGood: whether no copy of it shall come here again.
    package func forgotten(forGood isForGood: Bool) -> IndexRecord.ForgottenSnapshot {
        IndexRecord.ForgottenSnapshot(
            name: id, writer: record.writer, sequence: record.sequence, original: isForGood ? origin : nil)
    }
}
