/// The limit of one direction for all transfers together, and the queue of those that wait for it; a state without I/O.
///
/// Whoever gets nothing waits in the queue, and is told by ``next(at:)`` when it is its turn. So all get equal shares.
struct RateLimit {
    /// `nil` for no limit.
    private var bucket: TokenBucket?
    /// Numbers of transfers.
    private var queue: [Int] = []
    /// Those called by ``next(at:)`` that have not asked again yet.
    private var called: Set<Int> = []

    /// - Parameter rate: bytes per second, 0 for no limit.
    init(rate: UInt64, at now: Double) { bucket = rate == 0 ? nil : TokenBucket(rate: rate, at: now) }

    var isLimited: Bool { bucket != nil }

    /// Asks for up to `count` bytes; gives how many may go. With 0 the transfer waits in the queue from now on.
    mutating func request(upTo count: Int, by transfer: Int, at now: Double) -> Int {
        guard bucket != nil else { return count }
        let granted = isInTurn(transfer) ? bucket?.take(upTo: count, at: now) ?? 0 : 0
        settle(transfer, waits: granted == 0)
        return granted
    }

    /// Asks for all of `count` bytes, which cannot be divided. Where it gives `false`, the transfer waits in the queue.
    mutating func requestWhole(_ count: Int, by transfer: Int, at now: Double) -> Bool {
        guard bucket != nil else { return true }
        let isGranted = isInTurn(transfer) && (bucket?.takeWhole(count, at: now) ?? true)
        settle(transfer, waits: !isGranted)
        return isGranted
    }

    private func isInTurn(_ transfer: Int) -> Bool { called.contains(transfer) || queue.isEmpty }

    private mutating func settle(_ transfer: Int, waits: Bool) {
        called.remove(transfer)
        if waits, !queue.contains(transfer) { queue.append(transfer) }
    }

    /// Takes the first transfer off the queue if there are bytes for it now.
    mutating func next(at now: Double) -> Int? {
        guard let first = queue.first, bucket?.delay(at: now) == 0 else { return nil }
        queue.removeFirst()
        called.insert(first)
        return first
    }

    /// Seconds until ``next(at:)`` has one; `nil` where nobody waits.
    mutating func delay(at now: Double) -> Double? { queue.isEmpty ? nil : bucket?.delay(at: now) }

    /// Forgets a transfer that has ended.
    mutating func remove(_ transfer: Int) {
        called.remove(transfer)
        queue.removeAll { $0 == transfer }
    }
}

/// Both directions.
final class RateLimits {
    var upload: RateLimit
    var download: RateLimit

    init(_ options: HTTPClientOptions, at now: Double) {
        upload = RateLimit(rate: options.uploadLimit, at: now)
        download = RateLimit(rate: options.downloadLimit, at: now)
    }
}
