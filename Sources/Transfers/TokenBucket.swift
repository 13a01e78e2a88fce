/// How many bytes may go now under a limit of so many a second; a rule without a clock.
///
/// It starts empty and holds what a tenth of a second brings, so that over any 10 seconds no more than 1 % goes above the
/// limit, and nothing is lost while whoever serves it is late by less.
package struct TokenBucket {
    /// Bytes per second.
    let rate: Double
    /// The fewest bytes that are worth a step: what a hundredth of a second brings.
    private let quantum: Double
    private var tokens = 0.0
    private var refilled: Double

    /// - Parameters:
    ///   - rate: bytes per second, above 0.
    ///   - now: seconds of a clock that never goes back, as everywhere here.
    package init(rate: UInt64, at now: Double) {
        self.rate = Double(rate)
        quantum = min(max(self.rate / 100, 1), 65_536)
        refilled = now
    }

    private mutating func refill(at now: Double) {
        guard now > refilled else { return }
        tokens = min(tokens + (now - refilled) * rate, max(rate / 10, quantum))
        refilled = now
    }

    /// Takes up to `count` bytes; gives how many, 0 where it is too early.
    mutating func take(upTo count: Int, at now: Double) -> Int {
        refill(at: now)
        guard count > 0, tokens >= min(Double(count), quantum) else { return 0 }
        let taken = min(Double(count), tokens.rounded(.down))
        tokens -= taken
        return Int(taken)
    }

    /// Takes all of `count` bytes, in advance where they are not there yet; `false` where it is too early.
    package mutating func takeWhole(_ count: Int, at now: Double) -> Bool {
        refill(at: now)
        guard tokens >= min(Double(count), quantum) else { return false }
        tokens -= Double(count)
        return true
    }

    /// Seconds until a step is worth it.
    package mutating func delay(at now: Double) -> Double {
        refill(at: now)
        return max(0, (quantum - tokens) / rate)
    }
}
