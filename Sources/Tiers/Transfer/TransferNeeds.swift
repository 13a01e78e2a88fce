import Indexing
import Primitives
import Repositories
import Snapshots

/// What snapshots reach and the destination has no usable copy of, by where the source holds it.
struct TransferNeeds: Sendable {
    /// What is needed of a segment.
    struct Segment: Sendable {
        let sealedLength: UInt32
        let rawLength: UInt32
        let hasBases: Bool
        /// Raw bytes of the chunks that are needed.
        var neededBytes: UInt64 = 0
    }

    /// By the number of the pack in the source's index, and the segment's offset.
    private(set) var packs: [UInt32: [UInt32: Segment]] = [:]
    /// Chunks to be fetched one by one, of which plain copies are made: they are in no usable pack, or in deltas that cannot be copied.
    private(set) var loose: [(id: ChunkID, chunkClass: ChunkClass)] = []
    private(set) var chunks = 0

    var isEmpty: Bool { chunks == 0 }

    fileprivate mutating func add(_ id: ChunkID, at location: ChunkLocation) {
        chunks += 1
        let fresh = Segment(
            sealedLength: location.sealedLength, rawLength: location.rawLength, hasBases: !location.bases.isEmpty)
        packs[location.pack, default: [:]][location.segmentOffset, default: fresh].neededBytes +=
            UInt64(location.length)
    }

    fileprivate mutating func addLoose(_ id: ChunkID, _ chunkClass: ChunkClass) {
        chunks += 1
        loose.append((id, chunkClass))
    }

    /// What the plan is made of.
    func packs(in source: LoadedIndex, for destination: LoadedIndex) -> [SyncPlan.Pack] {
        let damaged = Set(destination.damaged.map(\.pack))
        return packs.map { number, segments in
            let pack = source.chunks.pack(number)
            // Under a name that was condemned or is damaged nothing can be put again (`format-spec/ordering.md`).
            let canTravel =
                source.listing[pack.id] == pack.size && destination.listing[pack.id] == nil
                && !destination.condemned.contains(pack.id) && !damaged.contains(pack.id)
            return SyncPlan.Pack(
                id: pack.id, size: pack.size, canTravel: canTravel,
                segments: segments.map { offset, segment in
                    SyncPlan.Segment(
                        offset: offset, sealedLength: segment.sealedLength, rawLength: segment.rawLength,
                        neededBytes: segment.neededBytes, hasBases: segment.hasBases)
                })
        }
    }
}

/// Goes through what snapshots reach and gathers what the destination needs of it.
struct NeedsVisitor: ReachabilityVisitor {
    private let source: ChunkIndex
    private let destination: ChunkIndex
    private var seen: ChunkMarks
    /// Nodes of the snapshot at hand: one that cannot be gone through to its end is gone through again for the next.
    private var path: [ChunkID] = []
    private(set) var needed: ChunkMarks
    private(set) var needs = TransferNeeds()
    private let progress: () -> Void

    /// - Parameter progress: is called for each node.
    init(source: ChunkIndex, destination: ChunkIndex, progress: @escaping () -> Void) {
        self.source = source
        self.destination = destination
        self.progress = progress
        seen = ChunkMarks(source, destination)
        needed = ChunkMarks(source, destination)
    }

    mutating func visit(_ id: ChunkID, as chunkClass: ChunkClass) -> Bool {
        guard seen.insert(id) else { return false }
        if chunkClass != .data {
            path.append(id)
            progress()
        }
        if destination.usableLocation(of: id) == nil { need(id, as: chunkClass) }
        return true
    }

    private mutating func need(_ id: ChunkID, as chunkClass: ChunkClass) {
        // Of a delta that is there all but its bases, these will do.
        if !needed.contains(id), let delta = destination.locationLackingBases(of: id), canServe(delta.bases) {
            return need(basesOf: delta)
        }
        guard needed.insert(id) else { return }
        // What may be a base must be plain at the destination too. A delta may find its bases there.
        guard
            let location = source.usablePlainLocation(of: id) ?? source.usableLocation(of: id)
                ?? source.locationLackingBases(of: id),
            location.chunkClass == chunkClass.rawValue, canServe(location.bases)
        else { return needs.addLoose(id, chunkClass) }
        needs.add(id, at: location)
        need(basesOf: location)
    }

    /// Whether chunks are, or can be made, bases at the destination. One that is there as a delta is not stored there a second time.
    private func canServe(_ bases: [ChunkID]) -> Bool {
        bases.allSatisfy { base in
            if destination.usablePlainLocation(of: base) != nil { return true }
            return destination.usableLocation(of: base) == nil && destination.locationLackingBases(of: base) == nil
                && source.usablePlainLocation(of: base) != nil
        }
    }

    private mutating func need(basesOf delta: ChunkLocation) {
        for base in delta.bases where destination.usablePlainLocation(of: base) == nil {
            if let location = source.usablePlainLocation(of: base), needed.insert(base) {
                needs.add(base, at: location)
            }
        }
    }

    /// Begins with a snapshot.
    mutating func begin() { path = [] }

    /// Says that the snapshot at hand could not be gone through.
    mutating func abandon() {
        for id in path { seen.remove(id) }
        path = []
    }
}
