import Primitives
import Snapshots

/// Says whether anything may be deleted, by what was read of a repository. What is in doubt is kept.
package struct DeletionGuard: Sendable {
    /// What the listings and the index say.
    package struct Facts: Sendable {
        /// Objects of `index/` and `snapshots/` that could not be read.
        package var unreadable: [VarveError] = []
        /// Objects in `index/`.
        package var indexObjectCount = 0
        /// Packs that the index names and nobody condemned.
        package var indexedPackCount = 0
        /// Packs in `data/`.
        package var listedPackCount = 0
        /// Those of them that nobody condemned, and that are not known to be damaged as a whole: such a pack may be in no index.
        package var uncondemnedPackCount = 0
        /// Whether all packs were made by sessions that are void.
        package var areAllPacksVoid = false
        /// The snapshots that are there, void ones too, each with the one that its writer made before.
        package var snapshots: [Digest: Digest?] = [:]
        /// The snapshots that were removed on purpose.
        package var forgotten: Set<Digest> = []
        /// Snapshots that were seen before: by this run, or by this machine.
        package var known: Set<Digest> = []

        package init() {}
    }

    private let facts: Facts

    package init(_ facts: Facts) { self.facts = facts }

    /// Why nothing may be deleted; `nil` where it may.
    package var objection: VarveError? {
        if let error = facts.unreadable.first {
            return refusal("\(error.problem)", advice: "run `varve check`")
        }
        if facts.indexObjectCount == 0, facts.uncondemnedPackCount > 0, !facts.snapshots.isEmpty {
            return refusal("the listing of index/ is empty, and there are packs", advice: "run `varve repair index`")
        }
        if facts.listedPackCount == 0, facts.indexedPackCount > 0 {
            return refusal("the listing of data/ is empty, and the index names packs", advice: "look at the storage")
        }
        let missingSnapshots = MissingSnapshots(
            snapshots: facts.snapshots, forgotten: facts.forgotten, known: facts.known
        ).names
        if let missing = missingSnapshots.first {
            return refusal(
                "snapshot \(missing.hex) is missing, and no forget record says that it was removed",
                advice: "look at the storage: it lost or hides \(missingSnapshots.count) of the snapshots")
        }
        if facts.snapshots.isEmpty, facts.forgotten.isEmpty, facts.listedPackCount > 0, !facts.areAllPacksVoid {
            return refusal(
                "the listing of snapshots/ is empty, there are packs, and nothing says that a snapshot was removed",
                advice: "look at the storage; where no backup ever came to its end, make one")
        }
        return nil
    }

    private func refusal(_ problem: String, advice: String) -> VarveError {
        VarveError(.damaged, "nothing is deleted: \(problem)", advice: advice)
    }
}
