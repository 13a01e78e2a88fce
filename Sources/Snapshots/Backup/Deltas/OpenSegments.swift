import Packing
import Primitives
import Repositories
import Threads

/// The segments that one source fills with new chunks, one of each kind: a delta is worth most where all of its chunks have bases of
/// the same standing.
final class OpenSegments {
    /// The buffers of all sources.
    ///
    /// Each source holds one of its own at most, so none waits for another source. Spare ones are taken only while there are any.
    struct Buffers: Sendable {
        private let own: BufferPool
        private let spare: BufferPool

        /// - Parameters:
        ///   - capacity: the bytes of each.
        ///   - inFlight: how many are with the session at most.
        init(sources: Int, capacity: Int, inFlight: Int, deltas: Bool) {
            own = BufferPool(count: sources + inFlight, capacity: capacity)
            spare = BufferPool(count: deltas ? 2 * min(sources, 8) + inFlight : 0, capacity: capacity)
        }

        /// Ends everybody's waiting.
        func fail(_ error: VarveError) { own.fail(error) }

        fileprivate func takeOwn() throws(VarveError) -> Loan { Loan(buffer: try own.take(), pool: own, isOwn: true) }

        fileprivate func takeSpare() -> Loan? {
            spare.takeIfFree().map { Loan(buffer: $0, pool: spare, isOwn: false) }
        }
    }

    fileprivate struct Loan {
        let buffer: Buffer
        let pool: BufferPool
        let isOwn: Bool
    }

    private struct Segment {
        let loan: Loan
        var builder = SegmentBuilder(chunkClass: .data)
        var bases: [ChunkID] = []
        var known: Set<ChunkID> = []
        var baseBytes = 0
    }

    private let session: WriterSession
    private let buffers: Buffers
    /// By the standing of the bases of their chunks.
    private var segments: [BaseStanding: Segment] = [:]

    init(session: WriterSession, buffers: Buffers) {
        self.session = session
        self.buffers = buffers
    }

    /// Puts new chunks into the segment for them.
    ///
    /// - Parameters:
    ///   - chunks: their entries and bytes; more than one only where all have no more bytes than the longest chunk may have.
    ///   - bases: what stood in their place in the parent.
    func append(
        _ chunks: [(entry: ChunkEntry, bytes: UnsafeRawBufferPointer)], bases: [ChunkEntry] = []
    ) throws(VarveError) {
        let (standing, bases) = usable(bases)
        let baseBytes = bases.reduce(0) { $0 + Int($1.length) }
        if let open = segments[standing], open.baseBytes + baseBytes > PackLimits.prefixLength { submit(standing) }
        var segment: Segment
        if let open = segments.removeValue(forKey: standing) {
            segment = open
        } else {
            segment = Segment(loan: try takeBuffer())
        }
        for base in bases where segment.known.insert(base.id).inserted {
            segment.bases.append(base.id)
            segment.baseBytes += Int(base.length)
        }
        for (entry, bytes) in chunks {
            UnsafeMutableRawBufferPointer(rebasing: segment.loan.buffer.bytes[segment.builder.count...])
                .copyMemory(from: bytes)
            segment.builder.append(entry)
        }
        segments[standing] = segment
        if segment.builder.count >= OpenSegments.target(standing) { submit(standing) }
    }

    /// Raw bytes at which a segment is full.
    ///
    /// Chunks with bases come from all over the stream, and after many versions those of some days lie between each other: whoever reads
    /// back decodes all of their segments. Sixty versions of 50 MB took 40 MB with 512 KiB, 38 with 256 and 36 with 128, and the last came
    /// back in 0.69, 0.64 and 0.60 s.
    private static func target(_ standing: BaseStanding) -> Int {
        standing == .none ? PackLimits.segmentTarget : PackLimits.deltaTarget
    }

    /// Submits all that is open.
    func finish() { for standing in segments.keys.sorted() { submit(standing) } }

    /// The bases that are there, and the standing that most of their bytes have.
    private func usable(_ bases: [ChunkEntry]) -> (BaseStanding, [ChunkEntry]) {
        if bases.isEmpty { return (.none, []) }
        let standings = session.baseStanding(of: bases.map(\.id))
        var usable: [ChunkEntry] = []
        var bytes: [BaseStanding: Int] = [:]
        for (base, standing) in zip(bases, standings) where standing != .none {
            usable.append(base)
            bytes[standing, default: 0] += Int(base.length)
        }
        if usable.isEmpty { return (.none, []) }
        return (bytes[.delta, default: 0] > bytes[.plain, default: 0] ? .delta : .plain, usable)
    }

    private func takeBuffer() throws(VarveError) -> Loan {
        if let holder = segments.first(where: { $0.value.loan.isOwn })?.key {
            if let spare = buffers.takeSpare() { return spare }
            submit(holder)
        }
        return try buffers.takeOwn()
    }

    private func submit(_ standing: BaseStanding) {
        guard let segment = segments.removeValue(forKey: standing) else { return }
        let pool = segment.loan.pool
        session.submit(segment.builder, segment.loan.buffer, bases: segment.bases) { pool.put($0) }
    }
}
