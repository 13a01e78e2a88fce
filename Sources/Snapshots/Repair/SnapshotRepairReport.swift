import Primitives

/// What was found of a snapshot of which something is lost, and what stands in its place.
package struct RepairedSnapshot: Sendable {
    package let old: Snapshot
    /// `nil` where nothing was changed.
    package internal(set) var new: Snapshot?
    package let losses: [SnapshotLoss]
    /// Whether the old one is still there because the storage did not let it go.
    package internal(set) var isRetained = false
}

/// What repairing snapshots came to, or would.
package struct SnapshotRepairReport: Sendable {
    /// Snapshots of which everything is there.
    package var soundSnapshots = 0
    /// Chunks of these that could be read only where nobody reckons with it, and were stored again, or would be.
    package var chunksStoredAgain = 0
    package var repaired: [RepairedSnapshot] = []
    /// Snapshots that cannot be read and were set aside, and why.
    package var snapshotsSetAside: [VarveError] = []
    /// Snapshots that cannot be read and are still there, and why.
    package var unreadableSnapshots: [VarveError] = []
    /// Snapshots that are missing though nobody removed them.
    package var missingSnapshots: [Digest] = []

    package init() {}
}
