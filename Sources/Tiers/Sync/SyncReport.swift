import Primitives
import Snapshots

/// What a sync did, or would do.
package struct SyncReport: Sendable {
    /// A snapshot and its copy at the destination.
    package struct Copy: Sendable {
        package let original: Snapshot
        package let copy: Snapshot
    }

    /// A snapshot that could not be copied, and why.
    package struct Failed: Sendable {
        package let snapshot: Snapshot
        package let error: VarveError
    }

    /// Whether both places have the same keys and parameters, so that packs travel as they are.
    package var isFamily = true
    package var copies: [Copy] = []
    package var failed: [Failed] = []
    package var selection: SyncSelection
    package var figures = TransferFigures()
    /// What a dry run would copy; `nil` where the places have different keys, so that it cannot be told.
    package var plan: SyncPlan?
    /// Packs of the source that were not what they should be.
    package var damagedSourcePacks: Set<Digest> = []
    /// Keyrings that the destination lacked.
    package var keyrings = 0

    init(_ selection: SyncSelection) { self.selection = selection }
}
