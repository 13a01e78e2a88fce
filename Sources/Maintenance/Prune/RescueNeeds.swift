import Backends
import Indexing
import Packing
import Primitives
import Repositories

/// What must be copied out of condemned packs before they may go (`format-spec/ordering.md`, "Pruners", 4).
///
/// Every needed chunk needs a usable copy, a base a plain one. Copies in condemned packs are not usable.
struct RescueNeeds {
    /// Packs that hold something to be copied, by their names.
    private(set) var packs: [Digest] = []
    /// Condemned packs that no index object names, by what they say of themselves.
    private(set) var unindexed: [Digest: PackRecord] = [:]
    /// Condemned packs that cannot be judged: no index object names them, and they cannot be read.
    private(set) var unreadable: [VarveError] = []
    private(set) var unreadablePacks: Set<Digest> = []

    private let index: LoadedIndex
    private let liveness: Liveness
    private let survey: IndexSurvey
    /// Set for the copies of bases of segments that hold a needed chunk.
    private var isBaseCopy: BitArray
    /// Such bases that the index does not name.
    private var laterBases: Set<ChunkID> = []

    /// - Parameters:
    ///   - index: read after the snapshots were listed.
    ///   - victims: condemned packs.
    /// - Throws: kind `damaged` where a needed chunk is lost.
    init(
        _ victims: Set<Digest>, index: LoadedIndex, liveness: Liveness, repository: Repository
    ) throws(VarveError) {
        self.index = index
        self.liveness = liveness
        survey = IndexSurvey(index.chunks)
        isBaseCopy = BitArray(count: survey.copyCount)
        try readUnindexed(victims, repository)
        try findBases()
        try findPacks(victims)
    }

    private mutating func readUnindexed(_ victims: Set<Digest>, _ repository: Repository) throws(VarveError) {
        let unnamed = victims.sorted().filter { !index.chunks.contains(pack: $0) }
            .compactMap { id in index.listing[id].map { (id: id, size: $0) } }
        try repository.readPackRecords(unnamed) { pack, record throws(VarveError) in
            do throws(VarveError) {
                unindexed[pack.id] = try record.get()
            } catch  where error.kind == .damaged || error.kind == .unsupported {
                unreadable.append(error)
                unreadablePacks.insert(pack.id)
            }
        }
    }

    private mutating func findBases() throws(VarveError) {
        let liveness = liveness
        for number in try survey.segmentsWithBases(holding: { id, _ in liveness.isLive(id) }) {
            for base in survey.bases(ofSegment: number) { addBase(base) }
        }
        for record in unindexed.values {
            for segment in record.directory.segments where segment.codec == .zstdWithPrefix {
                guard segment.chunks.contains(where: { isLive($0.id) }) else { continue }
                for base in segment.bases { addBase(base) }
            }
        }
    }

    private mutating func addBase(_ id: ChunkID) {
        var copies: [Int] = []
        survey.forEachCopy(of: id) { copies.append($0.number) }
        for copy in copies { isBaseCopy[copy] = true }
        if copies.isEmpty { laterBases.insert(id) }
    }

    private mutating func findPacks(_ victims: Set<Digest>) throws(VarveError) {
        let packs = survey.packs
        let isVictim = packs.map { victims.contains($0.id) }
        var isOfVictim = BitArray(count: survey.segmentCount)
        for number in 0..<survey.segmentCount where isVictim[Int(survey.segment(number).pack)] {
            isOfVictim[number] = true
        }
        var found: Set<Digest> = []
        try survey.forEachCopy { id, copy throws(VarveError) in
            guard isOfVictim[copy.segment] else { return }
            let segment = survey.segment(copy.segment)
            let pack = packs[Int(segment.pack)]
            guard !found.contains(pack.id), needs(id, isBase: isBaseCopy[copy.number]) else { return }
            if index.isPresent(pack), !survey.isDamaged(segment) {
                found.insert(pack.id)
            } else if liveness.isLive(id), index.chunks.usableLocation(of: id) == nil, !isPresentElsewhere(id) {
                throw VarveError(
                    .damaged, "nothing is deleted: chunk \(id.shortHex) is in no pack that is there",
                    advice: "run `varve check`")
            }
        }
        for (pack, record) in unindexed {
            let chunks = record.directory.segments.lazy.flatMap(\.chunks)
            if chunks.contains(where: { needs($0.id, isBase: isBase($0.id)) }) { found.insert(pack) }
        }
        self.packs = found.sorted()
    }

    private func needs(_ id: ChunkID, isBase: Bool) -> Bool {
        (isBase && index.chunks.usablePlainLocation(of: id) == nil)
            || (index.chunks.usableLocation(of: id) == nil && isLive(id))
    }

    /// Whether a snapshot needs the chunk.
    ///
    /// What no index names, then or now, is reached by no snapshot: the walk would have refused it. So what is dead in a pack that
    /// has left the index, and that the storage does not let go, is not copied with every prune.
    func isLive(_ id: ChunkID) -> Bool {
        liveness.isLive(id) && (liveness.isKnown(id) || index.chunks.ordinal(of: id) != nil)
    }

    private func isPresentElsewhere(_ id: ChunkID) -> Bool {
        var isPresent = false
        survey.forEachCopy(of: id) { copy in
            let segment = survey.segment(copy.segment)
            if !survey.isDamaged(segment), index.isPresent(index.chunks.pack(segment.pack)) { isPresent = true }
        }
        return isPresent
            || unindexed.values.contains { record in
                record.directory.segments.contains { $0.chunks.contains { $0.id == id } }
            }
    }

    /// Whether a segment that holds a needed chunk is read with the help of this one.
    func isBase(_ id: ChunkID) -> Bool {
        if laterBases.contains(id) { return true }
        var isBase = false
        survey.forEachCopy(of: id) { copy in if isBaseCopy[copy.number] { isBase = true } }
        return isBase
    }
}
