import Indexing
import Packing
import Primitives

/// What may serve as bases of a segment, found by the chunks that stood in its place.
struct BasePlan {
    /// A chunk, and where its plain copy is in the leading index.
    struct Base {
        let id: ChunkID
        let location: ChunkLocation
    }

    private let indexes: [ChunkIndex]
    private let chunkClass: ChunkClass
    /// Where plain copies are in the leading index.
    private var plain: [ChunkID: ChunkLocation] = [:]
    /// Those that were looked up; without a location they do not serve.
    private var known: Set<ChunkID> = []
    private var candidates: [BaseSelection.Candidate] = []
    /// Raw bytes that stood in the place.
    private var length = 0.0
    /// Those that were in deltas, and what these deltas took for them.
    private var drifted = (raw: 0.0, stored: 0.0)

    /// - Parameter indexes: those of all places that the segment goes to; a base must be plain in each. The first leads.
    init(for wanted: [ChunkID], as chunkClass: ChunkClass, in indexes: [ChunkIndex]) {
        self.indexes = indexes
        self.chunkClass = chunkClass
        var seen: Set<ChunkID> = []
        let wanted = wanted.filter { seen.insert($0).inserted }
        var segments: [SegmentKey: BaseSelection.DeltaSegment] = [:]
        for (id, copy) in zip(wanted, lookUp(wanted)) {
            guard let copy, copy.chunkClass == chunkClass.rawValue else { continue }
            length += Double(copy.length)
            if let location = plain[id] {
                candidates.append(.plain(BaseSelection.Base(id: id, length: Int(location.length))))
            } else if SegmentCodec(rawValue: copy.codec)?.isPlain == false {
                let segment = segments[copy.segment] ?? deltaSegment(of: copy)
                segments[copy.segment] = segment
                let start = Int(copy.offset)
                candidates.append(.delta(start..<start + Int(copy.length), in: segment))
                drifted.raw += Double(copy.length)
                drifted.stored += Double(copy.length) * copy.storedRatio
            }
        }
    }

    /// What stood in the place itself, by its order.
    func basesInPlace() -> [Base] { bases(within: PackLimits.prefixLength, slack: BaseSelection.slack) }

    /// What stood there or not far from it, to be chosen from by content.
    func basesNearby() -> [Base] { bases(within: 4 * PackLimits.prefixLength, slack: BaseSelection.wideSlack) }

    private func bases(within limit: Int, slack: Double) -> [Base] {
        BaseSelection.bases(for: candidates, limit: limit, slack: slack) { plain[$0] != nil }.compactMap { base in
            plain[base.id].map { Base(id: base.id, location: $0) }
        }
    }

    /// What is known of bases that were chosen.
    func prefix(of bases: [Base]) -> BaseReader.Prefix {
        var prefix = BaseReader.Prefix(bases: bases)
        guard prefix.count > 0 else { return prefix }
        prefix.plainRatio =
            bases.reduce(0) { $0 + Double($1.location.length) * $1.location.storedRatio } / Double(prefix.count)
        guard drifted.raw > 0 else { return prefix }
        prefix.deltaRatio = drifted.stored / drifted.raw
        prefix.driftedPart = drifted.raw / length
        return prefix
    }

    /// The bases of the segment that holds the copy, with the places they take whether they are usable or not.
    private mutating func deltaSegment(of copy: ChunkLocation) -> BaseSelection.DeltaSegment {
        let new = copy.bases.filter { !known.contains($0) }
        _ = lookUp(new)
        return BaseSelection.DeltaSegment(
            rawLength: Int(copy.rawLength),
            bases: copy.bases.map { BaseSelection.Base(id: $0, length: Int(plain[$0]?.length ?? 0)) })
    }

    /// The best usable copies in the leading index. Those that are plain in all indexes are noted.
    private mutating func lookUp(_ ids: [ChunkID]) -> [ChunkLocation?] {
        let copies = indexes[0].usableCopies(of: ids)
        let others = indexes.dropFirst().map { $0.usableCopies(of: ids) }
        for (place, id) in ids.enumerated() {
            known.insert(id)
            guard let copy = copies[place], copy.chunkClass == chunkClass.rawValue,
                BaseStanding(copy) == .plain, others.allSatisfy({ BaseStanding($0[place]) == .plain })
            else { continue }
            plain[id] = copy
        }
        return copies
    }
}

extension ChunkLocation {
    /// Stored bytes of the segment per raw byte.
    fileprivate var storedRatio: Double {
        rawLength == 0 ? 0 : Double(max(0, Int(sealedLength) - PackLimits.sealingOverhead)) / Double(rawLength)
    }
}
