/// What a prune may leave, and what it may cost.
package struct PrunePolicy: Hashable, Sendable {
    /// How much may stay that nothing needs.
    package enum UnusedLimit: Hashable, Sendable {
        /// Of all that is stored afterwards, in percent; 100 and more is no limit.
        case percent(Double)
        /// In bytes.
        case bytes(UInt64)
        /// Only packs that nothing needs at all go.
        case unlimited
    }

    package var maxUnused: UnusedLimit
    /// The most bytes of packs that are written anew; `nil` for no limit.
    package var maxRepackBytes: UInt64?

    package init(maxUnused: UnusedLimit = .percent(5), maxRepackBytes: UInt64? = nil) {
        self.maxUnused = maxUnused
        self.maxRepackBytes = maxRepackBytes
    }

    /// Whether a delta of which a part is needed may stay as it is: not where nothing unneeded is to be left.
    var keepsPartialDeltas: Bool {
        switch maxUnused {
        case .unlimited: true
        case .bytes(let count): count > 0
        case .percent(let percent): percent > 0
        }
    }

    /// The bytes that may stay unused beside `used` bytes; `nil` for any number.
    func allowance(beside used: UInt64) -> UInt64? {
        switch maxUnused {
        case .unlimited: return nil
        case .bytes(let count): return count
        case .percent(let percent):
            if percent >= 100 { return nil }
            return UInt64(max(0, min(1e18, Double(used) * percent / (100 - percent))))
        }
    }
}
