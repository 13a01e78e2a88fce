import FileIO
import Primitives

/// How many bytes of packs a ``PackCache`` may keep.
package enum PackCacheLimit: Sendable, Hashable {
    case off
    case bytes(UInt64)
    /// ``mostUnasked`` bytes, or a tenth of what is free on the file system where that is less: nobody asked for it.
    case automatic

    /// The most that is kept where nobody said how much.
    static let mostUnasked: UInt64 = 4 << 30

    /// The bytes that may be kept.
    ///
    /// - Parameters:
    ///   - held: bytes that are kept already.
    ///   - available: bytes that are free on the file system; `nil` where that is not known.
    func bytes(holding held: UInt64, available: UInt64?) -> UInt64 {
        switch self {
        case .off: 0
        case .bytes(let count): count
        case .automatic: min(PackCacheLimit.mostUnasked, held / 10 + (available ?? 0) / 10)
        }
    }
}

/// A pack in the cache.
struct CachedPack: Equatable {
    let id: Digest
    let size: UInt64
    let lastUse: FileTime
}

extension Collection where Element == CachedPack {
    var totalSize: UInt64 { reduce(0) { $0 + $1.size } }

    /// The packs to remove so that all take `limit` bytes at most, with `room` bytes more: those that were used longest ago first.
    ///
    /// What is in use stays. A stream that is longer than the cache would otherwise push out, from its beginning to its end, what is needed next.
    /// - Returns: `nil` where removing would not be enough; nothing should be kept then.
    func removals(
        makingRoomFor room: UInt64, within limit: UInt64, except isInUse: (Digest) -> Bool
    ) -> [Digest]? {
        var total = totalSize + room
        var removals: [Digest] = []
        for pack in filter({ !isInUse($0.id) }).sorted(by: { ($0.lastUse, $0.id) < ($1.lastUse, $1.id) }) {
            if total <= limit { break }
            total -= pack.size
            removals.append(pack.id)
        }
        return total <= limit ? removals : nil
    }
}
