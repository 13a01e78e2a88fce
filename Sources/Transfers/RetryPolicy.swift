/// How often and when something is tried again: a rule without state.
///
/// The wait before attempt *n* + 1 is drawn evenly from 0 to `base` · 2ⁿ⁻¹ seconds, at most `delayLimit` ("full jitter"), so
/// that many who failed together do not come back together. Where the server says how long to wait, that is added in
/// front.
package struct RetryPolicy: Hashable, Sendable {
    /// Seconds.
    package var base = 0.5
    package var delayLimit = 30.0
    /// The most seconds of a server's own wish that are granted.
    package var retryAfterLimit = 60.0
    /// Seconds from the start of the first attempt after which none begins any more.
    package var timeLimit = 600.0
    package var attemptLimit = 100
    /// How many attempts a place gets that never answered anything: its name or port is likely to be wrong.
    package var firstContactAttempts = 3

    package init() {}

    /// Seconds until the next attempt; `nil` to give up.
    ///
    /// - Parameters:
    ///   - attempt: the number of the attempt that failed, from 1.
    ///   - elapsed: seconds since the start of the first.
    ///   - retryAfter: the server's wish in seconds.
    ///   - fraction: random, from 0 to below 1.
    package func delay(afterAttempt attempt: Int, elapsed: Double, retryAfter: Double?, fraction: Double) -> Double? {
        guard attempt < attemptLimit, elapsed < timeLimit else { return nil }
        // 2¹⁰ · base is far above any sensible limit, and a shift by the attempt could overflow.
        let ceiling = min(delayLimit, base * Double(1 << min(max(attempt, 1) - 1, 10)))
        let delay = min(max(retryAfter ?? 0, 0), retryAfterLimit) + ceiling * min(max(fraction, 0), 1)
        return elapsed + delay < timeLimit ? delay : nil
    }
}
