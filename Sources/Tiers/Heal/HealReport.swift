import Primitives
import Repositories
import Snapshots

/// What a heal did, or would do.
package struct HealReport: Sendable {
    /// A snapshot of which something could be had from neither place, and what.
    package struct Flawed: Sendable {
        package let snapshot: Snapshot
        package let error: VarveError
    }

    /// Chunks that were needed here and could not be reckoned with.
    package var neededChunks = 0
    /// Of these, what could be had from neither place.
    package var lostChunks = 0
    /// What a dry run would copy.
    package var plan: SyncPlan?
    package var figures = TransferFigures()
    /// Packs that count as absent from now on: all that is needed of them and could be had stands elsewhere.
    package var setAside: [Digest] = []
    /// Snapshots that are not whole, after all.
    package var flawed: [Flawed] = []
    /// Snapshots that the other place has and this one has not, nor forgot: `sync --from` copies them.
    package var absentSnapshots = 0
    /// Keyrings that were missing here.
    package var keyrings = 0

    init() {}
}
