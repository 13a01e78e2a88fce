/// A promise that a simulation breaks on purpose, to show that it notices.
package enum Breach: String, CaseIterable, Sendable {
    /// The storage loses packs that it has taken.
    case losesPacks = "loses-packs"
    /// A listing of `locks/` shows a process only its own objects, so that no prune waits for anybody.
    case hidesLocks = "hides-locks"
    /// A listing of `locks/` shows a process its own objects for ever, so that no backup learns that its session was ended: as if it did not
    /// look before the acknowledgement.
    case showsOldLocks = "shows-old-locks"
    /// A process sees no condemn record but its own, so that a backup builds on packs that are going.
    case hidesCondemnations = "hides-condemnations"
    /// Nobody sees void records, so that what a dead session still puts counts.
    case hidesVoids = "hides-voids"
    /// Listings lag behind, and the storage says that they do not.
    case lagsBehind = "lags-behind"
    /// The source of randomness gives the same bytes again and again.
    case repeatsRandomness = "repeats-randomness"
    /// Objects change in the storage, and checks are told what they were.
    case hidesDamage = "hides-damage"

    /// The storage loses packs that it has taken of a process that has another place too: as if a sync acknowledged a snapshot before its packs
    /// are there.
    case losesCopiedPacks = "loses-copied-packs"
    /// A sync sees `index/` and `data/` as they were when it began, so that it relies on packs that are gone: as if it did not look, before each
    /// snapshot, whether all still holds.
    case showsOldIndexToSyncs = "shows-old-index-to-syncs"

    /// Whether only a sync can notice.
    var isAboutSyncs: Bool { self == .showsOldIndexToSyncs || self == .losesCopiedPacks }

    /// Whether only who comes to a standstill at the wrong moment can notice.
    var isAboutSessions: Bool {
        switch self {
        case .hidesLocks, .showsOldLocks, .hidesCondemnations, .hidesVoids: true
        default: false
        }
    }
}
