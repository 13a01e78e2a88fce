import Indexing
import Packing
import Primitives
import Threads

/// Finds and reads the plain bytes that segments are compressed against. All methods may be called from several threads.
final class BaseReader: Sendable {
    /// A prefix that was read.
    struct Prefix {
        /// The chunks whose bytes it is, in order.
        var bases: [ChunkID] = []
        /// Bytes, in the buffer that was given.
        var count = 0
        /// Stored bytes of the segments that the bases come from, per raw byte.
        var plainRatio = 1.0
        /// How many of the raw bytes that stood in the place were in deltas: from 0 to 1.
        var driftedPart = 0.0
        /// Stored bytes of those deltas, per raw byte.
        var deltaRatio = 0.0
    }

    private let tiers: [SessionTier]
    private let readers: [SegmentReader]
    private let policy: DeltaPolicy
    private let hasWarned = Locked(false)
    /// Bytes of decoded segments that are kept. New segments that follow each other in a stream take bases from the same
    /// few old ones.
    private static let cacheLimit = 48 << 20

    init(_ tiers: [SessionTier], policy: DeltaPolicy) {
        self.tiers = tiers
        self.policy = policy
        readers = tiers.map { tier in
            SegmentReader(
                repository: tier.repository, index: tier.index.chunks, cacheLimit: BaseReader.cacheLimit)
        }
    }

    /// Reads the bases for a segment in whose place `wanted` stood.
    ///
    /// - Parameters:
    ///   - wanted: in stream order; may come several times, be deltas themselves, or not be there any more.
    ///   - buffer: gets the bytes; replaced where it is too small.
    /// - Returns: `nil` where nothing can serve. What cannot be read is warned of once.
    /// - Throws: kind `cancelled`.
    func prefix(
        for wanted: [ChunkID], as chunkClass: ChunkClass, into buffer: inout Buffer
    ) throws(VarveError) -> Prefix? {
        guard let leading = tiers.firstIndex(where: \.isUp),
            policy.allowsDeltas(readingFrom: tiers[leading].repository.backend)
        else { return nil }
        var plan = Plan(tiers.filter(\.isUp).map(\.index.chunks), chunkClass)
        plan.choose(for: wanted)
        guard let chosen = plan.prefix else { return nil }
        if buffer.capacity < chosen.count { buffer = Buffer(capacity: min(2 * chosen.count, PackLimits.prefixLength)) }
        do throws(VarveError) {
            try read(plan.locations, as: chunkClass, with: readers[leading], into: buffer)
            return chosen
        } catch  where error.kind != .cancelled {
            let isFirst = hasWarned.withLock { hasWarned in
                defer { hasWarned = true }
                return !hasWarned
            }
            if isFirst {
                tiers[leading].repository.environment.warn(
                    "new chunks are stored whole where an old one cannot be read: \(error.problem)")
            }
            return nil
        }
    }

    /// Copies the chunks one after the other and checks their IDs, those of a segment together.
    private func read(
        _ bases: [(id: ChunkID, location: ChunkLocation)], as chunkClass: ChunkClass, with reader: SegmentReader,
        into buffer: Buffer
    ) throws(VarveError) {
        reader.load(near: bases.map(\.location))
        var position = 0
        var rest = bases[...]
        while let first = rest.first {
            let group = rest.prefix { $0.location.segment == first.location.segment }
            rest = rest.dropFirst(group.count)
            let segment = try reader.segment(at: first.location)
            defer { withExtendedLifetime(segment) {} }
            let chunks = group.map { base in
                let start = Int(base.location.offset)
                return (id: base.id, range: start..<start + Int(base.location.length))
            }
            if !reader.areRight(chunks, as: chunkClass, in: segment) {
                // Says which.
                for base in group {
                    _ = try reader.checkedBytes(of: base.id, as: chunkClass, at: base.location, in: segment)
                }
            }
            for chunk in chunks {
                guard let bytes = segment.bytes(in: chunk.range) else { continue }
                UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[position...]).copyMemory(from: bytes)
                position += bytes.count
            }
        }
    }
}

/// From chunks that stood in a place to the bases that are to be read.
private struct Plan {
    private let indexes: [ChunkIndex]
    private let chunkClass: ChunkClass
    /// Where plain copies are in the leading index.
    private var plain: [ChunkID: ChunkLocation] = [:]
    /// Those that were looked up; without a location they do not serve.
    private var known: Set<ChunkID> = []
    private(set) var locations: [(id: ChunkID, location: ChunkLocation)] = []
    private(set) var prefix: BaseReader.Prefix?

    init(_ indexes: [ChunkIndex], _ chunkClass: ChunkClass) {
        self.indexes = indexes
        self.chunkClass = chunkClass
    }

    mutating func choose(for wanted: [ChunkID]) {
        var seen: Set<ChunkID> = []
        let wanted = wanted.filter { seen.insert($0).inserted }
        let copies = lookUp(wanted)
        var segments: [SegmentKey: BaseSelection.DeltaSegment] = [:]
        var candidates: [BaseSelection.Candidate] = []
        var prefix = BaseReader.Prefix()
        var length = 0.0
        for (id, copy) in zip(wanted, copies) {
            guard let copy, copy.chunkClass == chunkClass.rawValue else { continue }
            length += Double(copy.length)
            if let location = plain[id] {
                candidates.append(.plain(BaseSelection.Base(id: id, length: Int(location.length))))
            } else if SegmentCodec(rawValue: copy.codec)?.isPlain == false {
                let segment = segments[copy.segment] ?? deltaSegment(of: copy)
                segments[copy.segment] = segment
                let start = Int(copy.offset)
                candidates.append(.delta(start..<start + Int(copy.length), in: segment))
                prefix.driftedPart += Double(copy.length)
                prefix.deltaRatio += Double(copy.length) * copy.storedRatio
            }
        }
        let bases = BaseSelection.bases(for: candidates) { plain[$0] != nil }
        for base in bases { if let location = plain[base.id] { locations.append((base.id, location)) } }
        prefix.bases = locations.map(\.id)
        prefix.count = locations.reduce(0) { $0 + Int($1.location.length) }
        guard prefix.count > 0 else { return }
        prefix.plainRatio =
            locations.reduce(0) { $0 + Double($1.location.length) * $1.location.storedRatio } / Double(prefix.count)
        if prefix.driftedPart > 0 { prefix.deltaRatio /= prefix.driftedPart }
        prefix.driftedPart /= length
        self.prefix = prefix
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
