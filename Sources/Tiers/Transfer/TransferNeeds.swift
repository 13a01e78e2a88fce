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
        /// Raw bytes of the chunks that are needed.
        var neededBytes: UInt64 = 0
    }

    /// By the number of the pack in the source's index, and the segment's offset.
    private(set) var packs: [UInt32: [UInt32: Segment]] = [:]
    /// Chunks to be fetched one by one: of those in segments with bases plain copies are made, and some are in no usable pack.
    private(set) var loose: [(id: ChunkID, chunkClass: ChunkClass)] = []
    private(set) var chunks = 0

    var isEmpty: Bool { chunks == 0 }

    fileprivate mutating func add(_ id: ChunkID, _ chunkClass: ChunkClass, at location: ChunkLocation?) {
        chunks += 1
        guard let location, location.bases.isEmpty, location.chunkClass == chunkClass.rawValue else {
            loose.append((id, chunkClass))
            return
        }
        let fresh = Segment(sealedLength: location.sealedLength, rawLength: location.rawLength)
        packs[location.pack, default: [:]][location.segmentOffset, default: fresh].neededBytes +=
            UInt64(location.length)
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
                        neededBytes: segment.neededBytes)
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
        if destination.usableLocation(of: id) == nil, needed.insert(id) {
            needs.add(id, chunkClass, at: source.usableLocation(of: id))
        }
        return true
    }

    /// Begins with a snapshot.
    mutating func begin() { path = [] }

    /// Says that the snapshot at hand could not be gone through.
    mutating func abandon() {
        for id in path { seen.remove(id) }
        path = []
    }
}
