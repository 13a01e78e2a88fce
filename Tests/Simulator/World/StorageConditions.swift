import SeededData

/// What the storage of a place is like, beside the faults that single processes meet.
struct StorageConditions {
    /// After so many seconds at most a listing shows what was changed.
    var visibilityDelay = 0.0
    /// For so many seconds the storage refuses to delete what was put; 0 where it never does.
    var retention = 0.0
    /// Whether that holds for the signs of sessions too.
    var retainsLocks = false
    /// Whether objects are damaged, lost and brought back while processes are at work.
    var isBad = false

    init(random: inout SeededRandom) {
        if random.next() % 10 == 0 { visibilityDelay = Double.random(in: 1...60, using: &random) }
        if random.next() % 12 == 0 {
            retention = Double.random(in: 10...5000, using: &random)
            retainsLocks = random.next() % 4 == 0
        }
        isBad = random.next() % 6 == 0
    }
}
