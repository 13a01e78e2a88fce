import Backends
import Primitives
import Repositories

/// Finds snapshots that must have been there, are not, and were not removed on purpose: the storage lost, hides or rolled them back.
///
/// A number left out in a writer's sequence is none where the next snapshot names the one before it: a backup that was killed leaves its
/// number unused.
package struct MissingSnapshots: Sendable {
    /// The snapshots that are there, void ones too, each with the one that its writer made before.
    package var snapshots: [Digest: Digest?]
    /// The snapshots that were removed on purpose.
    package var forgotten: Set<Digest>
    /// Snapshots that this machine has seen before.
    package var known: Set<Digest>

    package init(snapshots: [Digest: Digest?], forgotten: Set<Digest>, known: Set<Digest>) {
        self.snapshots = snapshots
        self.forgotten = forgotten
        self.known = known
    }

    /// Their names in ascending order.
    package var names: [Digest] {
        known.union(snapshots.values.compactMap { $0 })
            .filter { snapshots[$0] == nil && !forgotten.contains($0) }.sorted()
    }
}

extension CacheFolder {
    /// Snapshots that this machine has put or read.
    package var seenSnapshots: Set<Digest> {
        var names = objectNames(in: .snapshots)
        if let previous = writer?.previous { names.insert(previous) }
        return names
    }
}

extension Repository {
    /// The snapshots that the storage lost, hides or rolled back.
    ///
    /// - Parameters:
    ///   - snapshots: all that can be read, void ones too.
    ///   - memory: this machine's cache, which has seen some.
    package func missingSnapshots(
        besides snapshots: [Snapshot], memory: CacheFolder?
    ) throws(VarveError) -> [Digest] {
        var missing = MissingSnapshots(
            snapshots: [:], forgotten: [], known: memory?.seenSnapshots ?? [])
        for snapshot in snapshots { missing.snapshots[snapshot.id] = .some(snapshot.record.previous) }
        if missing.names.isEmpty { return [] }
        // Forget records come before the removal that they explain: whoever saw the snapshot gone finds its record now.
        missing.forgotten = Set(try loadIndex().forgotten.map(\.name))
        // Those that cannot be read are no less there.
        let listed = Set(try backend.list(.snapshots).map(\.id))
        return missing.names.filter { !listed.contains($0) }
    }
}
