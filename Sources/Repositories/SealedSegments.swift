import Indexing
import Primitives
import Threads

/// Segments as they stand in their packs, read before they are asked for, as long as somebody holds them.
final class SealedSegments: Sendable {
    /// What one request gave.
    final class Reply: Sendable {
        fileprivate let buffer: Buffer
        private let spareBuffers: SpareBuffers

        /// - Parameter spareBuffers: gets the buffer in the end.
        init(_ buffer: Buffer, _ spareBuffers: SpareBuffers) {
            self.buffer = buffer
            self.spareBuffers = spareBuffers
        }

        deinit { spareBuffers.put(buffer) }
    }

    /// The bytes of a segment.
    struct Bytes: Sendable {
        let reply: Reply
        let range: Range<Int>

        /// Valid as long as this value.
        var sealed: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: reply.buffer.bytes[range]) }
    }

    private enum State {
        case coming
        case here(Bytes)
        /// It could not be read: whoever needs it tries again, and learns why.
        case missing
    }

    private let entries = Monitored<[SegmentKey: (state: State, holders: Int)]>([:])

    /// Has a segment kept from when it has been read until whoever holds it lets it go.
    ///
    /// - Returns: whether the caller must have it read, since nobody else does.
    func hold(_ segment: SegmentKey) -> Bool {
        entries.change { entries in
            entries[segment]?.holders += 1
            if entries[segment] != nil { return false }
            entries[segment] = (.coming, 1)
            return true
        }
    }

    func release(_ segments: [SegmentKey]) {
        // What is let go must not end while others are kept waiting: its end takes a lock of its own.
        let dropped = entries.change { entries in
            segments.compactMap { segment in
                entries[segment]?.holders -= 1
                return entries[segment]?.holders == 0 ? entries.removeValue(forKey: segment) : nil
            }
        }
        withExtendedLifetime(dropped) {}
    }

    /// Says what came of reading a segment, or that its bytes are no good.
    func put(_ bytes: Bytes?, for segment: SegmentKey) {
        let old = entries.change { entries in
            defer { entries[segment]?.state = bytes.map { .here($0) } ?? .missing }
            return entries[segment]
        }
        withExtendedLifetime(old) {}
    }

    /// The bytes of a segment, once they are there; `nil` where nobody has it read, or it could not be.
    func bytes(of segment: SegmentKey) -> Bytes? {
        let state = entries.wait { entries -> State? in
            guard let entry = entries[segment] else { return .missing }
            if case .coming = entry.state { return nil }
            return entry.state
        }
        if case .here(let bytes) = state { return bytes }
        return nil
    }
}
