import SeededData

/// What the machines of a run are like, and what there is beside one storage and streams.
struct RunConditions {
    /// Whether processes of one machine, with one cache, are at work at once.
    var sharesMachines = false
    /// Whether caches are lost, damaged and put back to what they were.
    var areCachesBad = false
    /// Whether clocks are set while processes are at work.
    var areClocksSet = false
    /// Whether the repository has a second place.
    var hasSecondPlace = false
    /// Whether folders of files are backed up too.
    var hasTrees = false

    init(random: inout SeededRandom) {
        sharesMachines = random.next() % 3 == 0
        areCachesBad = random.next() % 5 == 0
        areClocksSet = random.next() % 5 == 0
        hasSecondPlace = random.next() % 4 == 0
        hasTrees = random.next() % 4 == 0
    }
}
