import Packing
import Primitives

/// A stretch of a list of chunks in which chunks are found by their IDs. Memory is bounded by its limit: 36 bytes a chunk, and as
/// many again to find them.
struct ParentWindow {
    private struct Slot {
        var entry: ChunkEntry
        /// The next place of the same chunk; 0 where there is none.
        var next: UInt64 = 0
    }

    /// The places of a chunk, of which the first and last are known; the others follow from slot to slot.
    private struct Places {
        var first: UInt64
        var last: UInt64
    }

    /// A ring: the chunk at place p is in slot p modulo the count, a power of two.
    private var slots: [Slot] = []
    /// By the first eight bytes of the ID.
    private var places: [UInt64: Places] = [:]
    /// The places in the list that are held.
    private(set) var range: Range<UInt64> = 0..<0

    /// Chunks looked at next to a place before all are looked up.
    private static let nearby: UInt64 = 16
    /// A chunk with more places than that in reach is no landmark.
    private static let frequent = 32

    private func slot(_ place: UInt64) -> Int { Int(place & UInt64(slots.count - 1)) }

    /// - Precondition: the place is held.
    subscript(place: UInt64) -> ChunkEntry { slots[slot(place)].entry }

    mutating func append(_ entry: ChunkEntry) {
        if range.count == slots.count { grow(entry) }
        let place = range.upperBound
        slots[slot(place)] = Slot(entry: entry)
        range = range.lowerBound..<place + 1
        let key = entry.id.w0
        guard let known = places[key] else {
            places[key] = Places(first: place, last: place)
            return
        }
        slots[slot(known.last)].next = place
        places[key] = Places(first: known.first, last: place)
    }

    private mutating func grow(_ filler: ChunkEntry) {
        let old = self
        slots = [Slot](repeating: Slot(entry: filler), count: max(64, 2 * old.slots.count))
        for place in old.range { slots[slot(place)] = old.slots[old.slot(place)] }
    }

    /// Forgets what lies before `place`.
    mutating func drop(before place: UInt64) {
        while range.lowerBound < min(place, range.upperBound) {
            let slot = slots[slot(range.lowerBound)]
            if slot.next > 0 {
                places[slot.entry.id.w0]?.first = slot.next
            } else {
                places[slot.entry.id.w0] = nil
            }
            range = range.lowerBound + 1..<range.upperBound
        }
    }

    /// The place of a chunk that is nearest to `position`, one behind it rather than one as far before it.
    ///
    /// - Returns: `nil` where it is not held, or in so many places that they say nothing.
    func place(of id: ChunkID, near position: UInt64) -> UInt64? {
        for place in (position..<position + ParentWindow.nearby).clamped(to: range) where self[place].id == id {
            return place
        }
        guard var next = places[id.w0]?.first else { return nil }
        var best: UInt64?
        for _ in 0..<ParentWindow.frequent {
            if self[next].id == id {
                let distance = next >= position ? next - position : position - next
                let bestDistance = best.map { $0 >= position ? $0 - position : position - $0 } ?? .max
                if distance <= bestDistance { best = next }
            }
            next = slots[slot(next)].next
            if next == 0 { return best }
        }
        return nil
    }
}
