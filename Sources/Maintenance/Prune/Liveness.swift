import Indexing
import Primitives

/// Which chunks of an index are needed: three bits for each copy, 375 KB per million.
///
/// What the index does not name counts as needed: it came later. What was marked once stays so, though its snapshot goes.
final class Liveness {
    let survey: IndexSurvey
    /// Set for every copy of a chunk that is needed.
    private var live: BitArray
    /// Set for the copies that count: one of each chunk that is needed, and a plain one of each base.
    private var counting: BitArray
    /// Set for the copies of nodes below which all is marked. (A node may be needed as a base alone.)
    private var completed: BitArray
    /// Such nodes that the index does not name.
    private var laterNodes: Set<ChunkID> = []
    /// Chunks that are needed and that no pack held that was there.
    private var lost: Set<ChunkID> = []
    /// For each pack whether it is there, and how much is to be said for its copies.
    private let packs: [PackStanding]

    /// What a copy in a pack is worth.
    struct PackStanding {
        /// It is in `data/` with the right size, and not damaged.
        var isPresent: Bool
        /// Copies elsewhere are preferred: no index object names it yet.
        var isSecondChoice: Bool
    }

    /// - Parameter packs: in the order of their numbers in the index.
    init(_ survey: IndexSurvey, packs: [PackStanding]) {
        self.survey = survey
        self.packs = packs
        live = BitArray(count: survey.copyCount)
        counting = BitArray(count: survey.copyCount)
        completed = BitArray(count: survey.copyCount)
    }

    /// Whether the index named the chunk when this was made.
    func isKnown(_ id: ChunkID) -> Bool {
        var isKnown = false
        survey.forEachCopy(of: id) { _ in isKnown = true }
        return isKnown
    }

    /// Whether the chunk is needed.
    func isLive(_ id: ChunkID) -> Bool {
        var isKnown = false
        var isLive = false
        survey.forEachCopy(of: id) { copy in
            isKnown = true
            if live[copy.number] { isLive = true }
        }
        return isLive || !isKnown
    }

    func isCounting(_ copy: IndexSurvey.Copy) -> Bool { counting[copy.number] }

    enum Standing: Equatable {
        /// Some pack that is there holds it.
        case present
        /// The index names it, and every pack that holds it is lost or damaged.
        case lost
        /// The index does not name it.
        case unknown
    }

    /// Makes the chunk a needed one.
    @discardableResult
    func mark(_ id: ChunkID) -> Standing {
        var copies: [IndexSurvey.Copy] = []
        survey.forEachCopy(of: id) { copies.append($0) }
        return mark(id, copies[...])
    }

    /// Makes chunks needed ones; tells of each of them once.
    func mark(_ ids: [ChunkID], _ body: (_ id: ChunkID, _ standing: Standing) -> Void) {
        survey.forEachChunk(among: ids) { id, copies in body(id, mark(id, copies)) }
    }

    private func mark(_ id: ChunkID, _ copies: ArraySlice<IndexSurvey.Copy>) -> Standing {
        if copies.isEmpty { return .unknown }
        if copies.contains(where: { live[$0.number] }) { return lost.contains(id) ? .lost : .present }
        var standing = Standing.lost
        var best: (copy: Int, rank: Rank)?
        for copy in copies {
            live[copy.number] = true
            guard isPresent(copy) else { continue }
            standing = .present
            if let rank = self.rank(copy), best.map({ $0.rank < rank }) ?? true { best = (copy.number, rank) }
        }
        if standing == .lost { lost.insert(id) }
        if let best { counting[best.copy] = true }
        return standing
    }

    /// Whether the copy can be read, with its bases.
    private func isPresent(_ copy: IndexSurvey.Copy) -> Bool {
        let segment = survey.segment(copy.segment)
        guard packs[Int(segment.pack)].isPresent, !survey.isDamaged(segment) else { return false }
        return segment.codec != 2 || survey.bases(ofSegment: copy.segment).allSatisfy(isPresentPlainly)
    }

    private func isPresentPlainly(_ base: ChunkID) -> Bool {
        var isPresent = false
        survey.forEachCopy(of: base) { copy in
            if !isPresent, survey.segment(copy.segment).codec != 2 { isPresent = self.isPresent(copy) }
        }
        return isPresent
    }

    /// What is to be said for a copy: of packs that hold the same, one should count for all.
    private struct Rank: Comparable {
        let isFirstChoice: Bool
        let pack: UInt32

        static func < (a: Rank, b: Rank) -> Bool {
            a.isFirstChoice == b.isFirstChoice ? a.pack > b.pack : b.isFirstChoice
        }
    }

    /// `nil` for a copy that cannot be reckoned with.
    private func rank(_ copy: IndexSurvey.Copy) -> Rank? {
        let segment = survey.segment(copy.segment)
        guard !segment.isRepeated, survey.isUsable(copy.segment) else { return nil }
        return Rank(isFirstChoice: !packs[Int(segment.pack)].isSecondChoice, pack: segment.pack)
    }

    // MARK: Nodes

    /// Whether a node and all below it were marked.
    func isComplete(_ node: ChunkID) -> Bool {
        if laterNodes.contains(node) { return true }
        var isComplete = false
        survey.forEachCopy(of: node) { copy in if completed[copy.number] { isComplete = true } }
        return isComplete
    }

    /// Marks a node once all below it is marked.
    func complete(_ node: ChunkID) -> Standing {
        let standing = mark(node)
        if standing == .unknown { laterNodes.insert(node) }
        survey.forEachCopy(of: node) { completed[$0.number] = true }
        return standing
    }

    // MARK: Bases

    /// Makes the bases of segments that hold a needed chunk needed ones, and lets a plain copy of each count.
    ///
    /// - Throws: as ``IndexSurvey/forEachCopy(_:)``.
    func markBases() throws(VarveError) {
        for number in try survey.segmentsWithBases(holding: { live[$1.number] }) {
            for base in survey.bases(ofSegment: number) {
                mark(base)
                countPlainCopy(of: base)
            }
        }
    }

    private func countPlainCopy(of base: ChunkID) {
        var best: (copy: Int, rank: Rank)?
        var isCounted = false
        survey.forEachCopy(of: base) { copy in
            guard survey.segment(copy.segment).codec != 2 else { return }
            if counting[copy.number] { isCounted = true }
            if let rank = self.rank(copy), best.map({ $0.rank < rank }) ?? true { best = (copy.number, rank) }
        }
        if let best, !isCounted { counting[best.copy] = true }
    }
}

extension IndexSurvey {
    /// The segments of codec 2 that hold a chunk of which `isWanted` is true, each once.
    func segmentsWithBases(
        holding isWanted: (_ id: ChunkID, _ copy: Copy) -> Bool
    ) throws(VarveError) -> [Int] {
        var hasBases = BitArray(count: segmentCount)
        var isFound = BitArray(count: segmentCount)
        var numbers: [Int] = []
        for number in 0..<segmentCount where segment(number).codec == 2 {
            hasBases[number] = true
            numbers.append(number)
        }
        if numbers.isEmpty { return [] }
        try forEachCopy { id, copy in
            if hasBases[copy.segment], !isFound[copy.segment], isWanted(id, copy) { isFound[copy.segment] = true }
        }
        return numbers.filter { isFound[$0] }
    }
}
