import Indexing
import Packing
import Primitives
import Threads

/// Finds and reads the plain bytes that segments are compressed against. All methods may be called from several threads.
final class BaseReader: Sendable {
    /// A prefix that was read.
    struct Prefix {
        /// The chunks whose bytes it is, in order.
        var bases: [BasePlan.Base] = []
        /// Bytes, in the buffer that was given.
        var count: Int { bases.reduce(0) { $0 + Int($1.location.length) } }
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
    private let samples = Locked(SampleCache())
    /// Bytes of decoded segments that are kept. New segments that follow each other in a stream take bases from the same
    /// few old ones.
    private static let cacheLimit = 48 << 20

    init(_ tiers: [SessionTier], policy: DeltaPolicy) {
        self.tiers = tiers
        self.policy = policy
        readers = tiers.map { tier in
            SegmentReader(
                repository: tier.repository, index: tier.index.chunks, cacheLimit: BaseReader.cacheLimit,
                packCache: tier.repository.packCache)
        }
    }

    /// Reads the bases for a segment in whose place `wanted` stood.
    ///
    /// - Parameters:
    ///   - wanted: in stream order; may come several times, be deltas themselves, or not be there any more.
    ///   - raw: the bytes of the segment.
    ///   - buffer: gets the bytes; replaced where it is too small.
    /// - Returns: `nil` where nothing can serve. What cannot be read is warned of once.
    /// - Throws: kind `cancelled`.
    func prefix(
        for wanted: [ChunkID], of raw: UnsafeRawBufferPointer, as chunkClass: ChunkClass, into buffer: inout Buffer
    ) throws(VarveError) -> Prefix? {
        guard let leading = tiers.firstIndex(where: \.isUp),
            policy.allowsDeltas(readingFrom: tiers[leading].repository)
        else { return nil }
        let plan = BasePlan(for: wanted, as: chunkClass, in: tiers.filter(\.isUp).map(\.index.chunks))
        let reader = readers[leading]
        do throws(VarveError) {
            let inPlace = plan.basesInPlace().filter { policy == .always || reader.isNear($0.location) }
            let fetch = reader.fetched(inPlace.map(\.location))
            defer { withExtendedLifetime(fetch) {} }
            let prefix = plan.prefix(of: try bases(of: raw, inPlace, plan, reader))
            guard prefix.count > 0 else { return nil }
            if buffer.capacity < prefix.count {
                buffer = Buffer(capacity: min(2 * prefix.count, PackLimits.prefixLength))
            }
            try read(prefix.bases, as: chunkClass, with: reader, into: buffer)
            return prefix
        } catch  where error.kind != .cancelled {
            warnOnce(error)
            return nil
        }
    }

    /// Of what stood in the segment's place or near it, what has something in common with it; all that stood in the place where no
    /// sample tells.
    ///
    /// - Parameter inPlace: what stood in the place, of what may be read.
    private func bases(
        of raw: UnsafeRawBufferPointer, _ inPlace: [BasePlan.Base], _ plan: BasePlan, _ reader: SegmentReader
    ) throws(VarveError) -> [BasePlan.Base] {
        var sample = ContentSample()
        sample.take(raw)
        guard var coverage = BaseCoverage(of: sample, count: raw.count) else { return inPlace }
        let placeIDs = Set(inPlace.map(\.id))
        // Where each segment takes a request and time, none is read for a base that might be better.
        let candidates = plan.basesNearby().filter { reader.isNear($0.location) || placeIDs.contains($0.id) }
        for candidate in candidates {
            coverage.add(try self.sample(of: candidate, reader), isInPlace: placeIDs.contains(candidate.id))
        }
        var count = 0
        return coverage.chosen().map { candidates[$0] }.filter { base in
            count += Int(base.location.length)
            return count <= PackLimits.prefixLength
        }
    }

    /// A sample without windows where the base cannot be read.
    private func sample(of base: BasePlan.Base, _ reader: SegmentReader) throws(VarveError) -> ContentSample {
        if let known = samples.withLock({ $0.sample(of: base.id) }) { return known }
        var sample = ContentSample()
        do throws(VarveError) {
            let segment = try reader.segment(at: base.location)
            defer { withExtendedLifetime(segment) {} }
            if let bytes = segment.bytes(of: base.location) { sample.take(bytes) }
        } catch  where error.kind != .cancelled {
            warnOnce(error)
        }
        samples.withLock { $0.keep(sample, of: base.id) }
        return sample
    }

    private func warnOnce(_ error: VarveError) {
        let isFirst = hasWarned.withLock { hasWarned in
            defer { hasWarned = true }
            return !hasWarned
        }
        guard isFirst else { return }
        tiers[0].repository.environment.warn(
            "new chunks are stored whole where an old one cannot be read: \(error.problem)")
    }

    /// Copies the chunks one after the other and checks their IDs, those of a segment together.
    private func read(
        _ bases: [BasePlan.Base], as chunkClass: ChunkClass, with reader: SegmentReader, into buffer: Buffer
    ) throws(VarveError) {
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
