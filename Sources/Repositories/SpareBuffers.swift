import Threads

/// Memory of segments that are not needed any more, for the next ones.
///
/// Segments are large, come from several threads and live for different times: given back to the allocator each time,
/// their memory falls into pieces that hold several times what is in use.
final class SpareBuffers: Sendable {
    private let spare = LeafLocked<[Buffer]>([])
    /// The most buffers that are kept.
    private let limit: Int
    /// Those of up to so many bytes are left to the allocator.
    private static let leastKept = 256 << 10

    init(limit: Int = 4) { self.limit = limit }

    /// A buffer of at least `count` bytes.
    func take(_ count: Int) -> Buffer {
        if count < SpareBuffers.leastKept { return Buffer(capacity: max(count, 1)) }
        let kept = spare.withLock { spare -> Buffer? in
            let place = spare.firstIndex { (count...2 * count).contains($0.capacity) }
            return place.map { spare.remove(at: $0) }
        }
        // Segments are a little longer or shorter than each other.
        return kept ?? Buffer(capacity: (count | 0xFFFF) + 1)
    }

    /// Takes back a buffer that nobody uses.
    func put(_ buffer: Buffer) {
        guard buffer.capacity >= SpareBuffers.leastKept else { return }
        spare.withLock { spare in
            if spare.count == limit { spare.removeFirst() }
            spare.append(buffer)
        }
    }
}
