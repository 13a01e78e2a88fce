/// A promise that a simulation breaks on purpose, to show that it notices.
package enum Breach: String, CaseIterable, Sendable {
    /// The storage loses packs that it has taken.
    case losesPacks = "loses-packs"
    /// A listing of `locks/` shows a process only its own objects, so that no prune waits for anybody.
    case hidesLocks = "hides-locks"
    /// A listing of `locks/` shows a process its own objects for ever, so that no backup learns that its session was ended.
    case showsOldLocks = "shows-old-locks"
    /// The source of randomness gives the same bytes again and again.
    case repeatsRandomness = "repeats-randomness"
    /// Objects change in the storage, and checks are told what they were.
    case hidesDamage = "hides-damage"
}
