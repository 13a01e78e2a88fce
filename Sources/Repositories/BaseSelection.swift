import Packing
import Primitives

/// Which chunks become the prefix of a segment, out of those that stood in its place before.
///
/// Only plain chunks may. In the place of a delta its own bases are taken. The directory does not say which base belongs
/// to which chunk of a segment; both lie in stream order, so those bases are taken that lie where the chunk lies, if the
/// bases are laid out over the length of the segment, and ``slack`` more on each side: insertions shift the places.
struct BaseSelection {
    /// A chunk and its length in bytes.
    struct Base: Hashable {
        let id: ChunkID
        let length: Int
    }

    /// The bases of a codec-2 segment, in order.
    struct DeltaSegment {
        let rawLength: Int
        let bases: [Base]
    }

    /// How a chunk of the parent is stored.
    enum Candidate {
        case plain(Base)
        /// In a codec-2 segment, at these raw bytes of it.
        case delta(Range<Int>, in: DeltaSegment)
    }

    /// A base that a chunk overlaps by less than this part of the chunk is none of its bases: lengths differ a little
    /// between versions, and each base costs 32 bytes in each directory.
    static let leastOverlap = 16
    /// How far from the place of a chunk its bases may lie, in lengths of a base. On five daily dumps of a database (1 % of the rows changed a
    /// day, chunks of 32 KiB) the last two days took 28 MB with 0, 21 with 1, 19 with 2, 18 with 4 and 20 with 8; each costs speed.
    static let slack = 2.0
    /// The same where the bases are then chosen by content.
    static let wideSlack = 8.0

    /// The bases to use, in stream order and each once.
    ///
    /// - Parameters:
    ///   - candidates: what stood in the segment's place, in stream order.
    ///   - limit: bytes that all bases may have; what comes first is kept.
    ///   - slack: how far from the place of a delta its bases may lie, in lengths of a base.
    ///   - isUsable: whether a base of a delta may be used now; plain candidates are.
    static func bases(
        for candidates: [Candidate], limit: Int = PackLimits.prefixLength, slack: Double = BaseSelection.slack,
        isUsable: (ChunkID) -> Bool
    ) -> [Base] {
        var chosen: [Base] = []
        var seen: Set<ChunkID> = []
        var count = 0
        func take(_ base: Base) {
            guard base.length > 0, count + base.length <= limit, seen.insert(base.id).inserted else { return }
            chosen.append(base)
            count += base.length
        }
        for candidate in candidates {
            switch candidate {
            case .plain(let base): take(base)
            case .delta(let range, let segment):
                for base in bases(of: segment, standingAt: range, slack) where isUsable(base.id) { take(base) }
            }
        }
        return chosen
    }

    /// The bases that lie where the raw bytes `range` of the segment lie, or not far from there.
    private static func bases(
        of segment: DeltaSegment, standingAt range: Range<Int>, _ slack: Double
    ) -> [Base] {
        let total = segment.bases.reduce(0) { $0 + $1.length }
        guard segment.rawLength > 0, total > 0 else { return [] }
        let scale = Double(total) / Double(segment.rawLength)
        let slack = slack * Double(total) / Double(segment.bases.count)
        let least = Double(range.count) * scale / Double(leastOverlap)
        let start = Double(range.lowerBound) * scale - slack
        let end = Double(range.upperBound) * scale + slack
        var chosen: [Base] = []
        var position = 0.0
        for base in segment.bases {
            let baseEnd = position + Double(base.length)
            let overlap = min(end, baseEnd) - max(start, position)
            // One that is smaller than the least overlap counts where all of it lies within.
            if overlap > 0, overlap >= min(least, Double(base.length)) { chosen.append(base) }
            position = baseEnd
        }
        return chosen
    }
}
