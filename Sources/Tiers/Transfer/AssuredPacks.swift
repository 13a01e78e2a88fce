import Primitives
import Repositories

/// Packs that could be reckoned with at one moment. While all of them still can, nothing is lost of what was usable then.
struct AssuredPacks: Sendable {
    private let packs: Set<Digest>
    private let damagedParts: Set<IndexRecord.DamagedPart>

    /// - Parameters:
    ///   - index: as it was when the session began.
    ///   - put: packs that were put under the names of others' since.
    init(_ index: LoadedIndex, put: Set<Digest>, named before: Set<Digest>) {
        packs = index.usablePacks.union(put).union(index.chunks.packs.map(\.id).filter { !before.contains($0) })
        damagedParts = Set(index.damaged)
    }

    func hold(in index: LoadedIndex) -> Bool {
        packs.isSubset(of: index.usablePacks) && damagedParts.isSuperset(of: index.damaged)
    }
}

extension LoadedIndex {
    /// The packs that count, as they were when the index was read.
    var usablePacks: Set<Digest> {
        Set(chunks.packs.filter { isPresent($0) && !condemned.contains($0.id) }.map(\.id))
    }
}
