import SeededData

/// What the storage and the machines of a run are like, beside the faults that single processes meet.
struct RunConditions {
    /// After so many seconds at most a listing shows what was changed.
    var visibilityDelay = 0.0
    /// For so many seconds the storage refuses to delete what was put; 0 where it never does.
    var retention = 0.0
    /// Whether that holds for the signs of sessions too.
    var retainsLocks = false
    /// Whether objects are damaged, lost and brought back while processes are at work.
    var isStorageBad = false
    /// Whether processes of one machine, with one cache, are at work at once.
    var sharesMachines = false
    /// Whether caches are lost, damaged and put back to what they were.
    var areCachesBad = false
    /// Whether clocks are set while processes are at work.
    var areClocksSet = false

    init(random: inout SeededRandom) {
        if random.next() % 10 == 0 { visibilityDelay = Double.random(in: 1...60, using: &random) }
        if random.next() % 12 == 0 {
            retention = Double.random(in: 10...5000, using: &random)
            retainsLocks = random.next() % 4 == 0
        }
        isStorageBad = random.next() % 6 == 0
        sharesMachines = random.next() % 3 == 0
        areCachesBad = random.next() % 5 == 0
        areClocksSet = random.next() % 5 == 0
    }
}
