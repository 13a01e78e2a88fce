import Backends
import Indexing
import Packing
import Primitives
import Repositories
import Snapshots
import Threads

/// What a prune decides by: the index, the sessions at work, the snapshots, and what these reach.
///
/// Read in this order: a session that is over by the time anchors are listed has its snapshot in the listing that follows.
struct PruneSurvey {
    let index: LoadedIndex
    let anchors: [IndexRecord.AnchorName]
    let snapshots: SnapshotListing
    let liveness: Liveness

    /// All snapshots of a listing, void ones too.
    struct SnapshotListing {
        var all: [Snapshot] = []
        var unreadable: [VarveError] = []

        init(in repository: Repository) throws(VarveError) {
            var unreadable: [VarveError] = []
            all = try repository.loadSnapshots(voidSessions: []) { unreadable.append($0) }
            self.unreadable = unreadable
        }

        var sessions: Set<Identifier> { Set(all.map(\.session)) }
    }

    /// - Parameters:
    ///   - known: names of snapshots that were seen before.
    ///   - ignored: snapshots that are treated as if they were gone.
    ///   - progress: is told of each node that is read.
    /// - Throws: kind `damaged` where nothing may be deleted.
    init(
        of repository: Repository, known: Set<Digest>, without ignored: Set<Digest>, cancellation: Cancellation,
        progress: @escaping () -> Void
    ) throws(VarveError) {
        index = try repository.loadIndexForJudging()
        var sessions = SessionsAtWork(in: repository)
        anchors = try sessions.look().anchors
        snapshots = try SnapshotListing(in: repository)
        let facts = DeletionGuard.Facts(index, snapshots, known: known)
        if let objection = DeletionGuard(facts).objection { throw objection }

        let unindexed = Set(index.unindexedPacks.map(\.id))
        let survey = IndexSurvey(index.chunks)
        let loaded = index
        liveness = Liveness(
            survey,
            packs: survey.packs.map { pack in
                Liveness.PackStanding(
                    isPresent: loaded.isPresent(pack), isSecondChoice: unindexed.contains(pack.id))
            })
        var walk = LiveWalk(
            liveness: liveness,
            reader: TreeReader(SegmentReader(repository: repository, index: index.chunks, cacheLimit: 32 << 20)),
            isThere: { _ in false }, cancellation: cancellation, progress: progress)
        for snapshot in snapshots.all
        where !index.voidSessions.contains(snapshot.session) && !ignored.contains(snapshot.id) {
            try walk.mark(snapshot)
        }
        try liveness.markBases()
    }

    /// The packs that others condemned and left.
    var left: CondemnedPacks {
        CondemnedPacks(
            leftOf: index.condemned, known: { index.listing[$0] != nil || index.chunks.contains(pack: $0) },
            drains: index.drains)
    }

    /// What of each pack that is not condemned is needed.
    ///
    /// - Parameter keepsPartialDeltas: whether a delta of which a part is needed counts as needed, as long as that pays.
    func packUsages(keepsPartialDeltas: Bool) throws(VarveError) -> [PackUsage] {
        let survey = liveness.survey
        var usedRaw = [UInt32](repeating: 0, count: survey.segmentCount)
        try survey.forEachCopy { _, copy in
            if liveness.isCounting(copy) { usedRaw[copy.segment] &+= copy.length }
        }
        var used = [UInt64](repeating: 0, count: survey.packs.count)
        var unused = used
        for number in 0..<survey.segmentCount {
            let segment = survey.segment(number)
            if segment.isRepeated { continue }
            let pack = Int(segment.pack)
            let sealed = UInt64(segment.sealedLength)
            let raw = UInt64(max(segment.rawLength, 1))
            var needed = min(UInt64(usedRaw[number]), raw)
            if keepsPartialDeltas, segment.codec == 2,
                PartialDelta.pays(sealedLength: segment.sealedLength, neededBytes: needed)
            {
                needed = raw
            }
            // Rounded up on both sides: what has a needed chunk is used, what has another is not wholly so.
            used[pack] += (sealed * needed + raw - 1) / raw
            unused[pack] += (sealed * (raw - needed) + raw - 1) / raw
        }
        let protected = Set(anchors.map(\.session))
        var usages: [PackUsage] = []
        for (number, pack) in survey.packs.enumerated() where !index.condemned.contains(pack.id) {
            let header = try ObjectHeader(decoding: pack.header[...], of: "pack \(pack.id.shortHex)")
            usages.append(
                PackUsage(
                    id: pack.id, size: pack.size, isMetadata: header.type == .metadataPack, usedBytes: used[number],
                    unusedBytes: unused[number], isProtected: protected.contains(header.session)))
        }
        return usages
    }
}

extension Repository {
    /// The names of all objects that say what is there and what is needed.
    func namesOfRecord() throws(VarveError) -> Set<ObjectName> {
        var names: Set<ObjectName> = []
        for folder in [StorageFolder.index, .snapshots] {
            for listed in try backend.list(folder) { names.insert(ObjectName(folder, listed.id)) }
        }
        return names
    }
}

extension DeletionGuard.Facts {
    init(_ index: LoadedIndex, _ snapshots: PruneSurvey.SnapshotListing, known: Set<Digest>) {
        self.init()
        unreadable = index.unreadable + snapshots.unreadable
        indexObjectCount = index.objects.count - index.records.values.reduce(0) { $0 + $1.count }
        listedPackCount = index.listing.count
        uncondemnedPackCount = index.listing.keys.count { !index.condemned.contains($0) && !index.isDamaged($0) }
        let unindexed = Set(index.unindexedPacks.map(\.id))
        let packs = index.chunks.packs.filter { !index.condemned.contains($0.id) }
        indexedPackCount = packs.count(where: { !unindexed.contains($0.id) })
        for snapshot in snapshots.all { self.snapshots[snapshot.id] = .some(snapshot.record.previous) }
        forgotten = Set(index.forgotten.map(\.name))
        self.known = known
        if self.snapshots.isEmpty {
            areAllPacksVoid = packs.allSatisfy { pack in
                let header = try? ObjectHeader(decoding: pack.header[...], of: "pack")
                return header.map { index.voidSessions.contains($0.session) } ?? false
            }
        }
    }
}
