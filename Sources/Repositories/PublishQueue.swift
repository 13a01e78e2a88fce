/// What a session has to publish, and in which order: an index object is put only when all packs that it names are
/// (`format-spec/ordering.md`, "Writers", 5).
///
/// Several threads may carry out what it gives: packs go side by side.
struct PublishQueue<Pack> {
    /// Index objects are written at least every so many packs and so many seconds (`format-spec/index.md`).
    static var packsPerIndexObject: Int { 8 }
    static var secondsPerIndexObject: Double { 60 }

    enum Work {
        case put(Pack)
        /// These packs are durable: they are to stand in an index object.
        case index([PackRecord])
        /// Nothing is left to do, and nothing will come.
        case end
    }

    private let directoryBytesPerIndexObject: Int
    private var waiting: [Pack] = []
    /// Packs that are being put.
    private var putting = 0
    /// Packs that are durable and stand in no index object.
    private var unindexed: [PackRecord] = []
    private var directoryBytes = 0
    /// When the last index object was begun.
    private var lastIndexed: Double
    private var isFinished = false
    private var hasFailed = false

    /// - Parameters:
    ///   - directoryBytesPerIndexObject: once directories have so many bytes, an index object is written.
    ///   - now: seconds of a clock that never goes back.
    init(directoryBytesPerIndexObject: Int, now: Double) {
        self.directoryBytesPerIndexObject = directoryBytesPerIndexObject
        lastIndexed = now
    }

    /// Packs that nobody has begun to put.
    var waitingCount: Int { waiting.count }

    mutating func append(_ pack: Pack) { waiting.append(pack) }

    /// Says that nothing more is appended.
    mutating func finish() { isFinished = true }

    /// Gives what is to be done next; `nil` where that is to be waited for.
    mutating func next(at now: Double) -> Work? {
        if hasFailed { return .end }
        let isLast = isFinished && waiting.isEmpty && putting == 0
        let isMuch = unindexed.count >= Self.packsPerIndexObject || directoryBytes >= directoryBytesPerIndexObject
        if !unindexed.isEmpty, isMuch || isLast || now >= lastIndexed + Self.secondsPerIndexObject {
            defer { unindexed = [] }
            directoryBytes = 0
            lastIndexed = now
            return .index(unindexed)
        }
        if !waiting.isEmpty {
            putting += 1
            return .put(waiting.removeFirst())
        }
        return isLast ? .end : nil
    }

    /// How long, in seconds, until ``next(at:)`` may give something though nothing has changed.
    func secondsToWait(at now: Double) -> Double {
        unindexed.isEmpty ? 3600 : max(0, lastIndexed + Self.secondsPerIndexObject - now)
    }

    /// Says that a pack is durable.
    mutating func hasPut(_ record: PackRecord) {
        putting -= 1
        unindexed.append(record)
        directoryBytes += record.directorySize
    }

    /// Drops everything: there is nothing more to do.
    mutating func fail() {
        hasFailed = true
        waiting = []
    }
}
