import Backends
import Primitives

/// Which packs a check reads whole.
package enum DataSubset: Hashable, Sendable {
    case all
    /// The `number`-th of `count` parts, counted from 1. A pack belongs to the same part for ever, and all parts together are all packs.
    case part(_ number: Int, of: Int)
    /// This share of the bytes, above 0 and at most 100: the packs whose last verification is longest ago.
    case share(percent: Double)
    /// So many bytes, likewise.
    case bytes(UInt64)

    /// The packs to read, at least one where there is any, in ascending order of their names.
    package func chosen(among packs: [ListedObject], _ ledger: VerificationLedger) -> [ListedObject] {
        switch self {
        case .all: return packs.sorted { $0.id < $1.id }
        case .part(let number, let count):
            return packs.filter { $0.id.w0 % UInt64(count) == UInt64(number - 1) }.sorted { $0.id < $1.id }
        case .share(let percent):
            let total = packs.reduce(0) { $0 + $1.size }
            return DataSubset.stalest(packs, ledger, bytes: UInt64((Double(total) * percent / 100).rounded(.up)))
        case .bytes(let count): return DataSubset.stalest(packs, ledger, bytes: count)
        }
    }

    private static func stalest(_ packs: [ListedObject], _ ledger: VerificationLedger, bytes: UInt64) -> [ListedObject]
    {
        let never = Timestamp(nanoseconds: .min)
        let order = packs.sorted {
            (ledger.times[$0.id] ?? never, $0.id) < (ledger.times[$1.id] ?? never, $1.id)
        }
        var chosen: [ListedObject] = []
        var sum: UInt64 = 0
        for pack in order {
            if !chosen.isEmpty, sum >= bytes { break }
            chosen.append(pack)
            sum += pack.size
        }
        return chosen.sorted { $0.id < $1.id }
    }
}
