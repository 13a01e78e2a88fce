import Testing

@testable import Transfers

@Suite struct RateLimitTests {
    /// What goes in `seconds` if somebody asks every `step` seconds.
    private func taken(rate: UInt64, every step: Double, for seconds: Double, piece: Int) -> Int {
        var bucket = TokenBucket(rate: rate, at: 0)
        var total = 0
        for tick in 0...Int(seconds / step) { total += bucket.take(upTo: piece, at: Double(tick) * step) }
        return total
    }

    @Test(arguments: [1000, 50_000, 10_000_000] as [UInt64])
    func whatGoesIsTheRate(_ rate: UInt64) {
        let total = Double(taken(rate: rate, every: 0.001, for: 10, piece: 1 << 20))
        #expect(abs(total - Double(rate) * 10) <= Double(rate) * 0.02)
    }

    @Test func nothingIsSavedUpForLong() {
        var bucket = TokenBucket(rate: 1000, at: 0)
        #expect(bucket.take(upTo: 5000, at: 100) == 100)
        #expect(bucket.take(upTo: 5000, at: 100) == 0)
    }

    @Test func whatIsTakenInAdvanceIsPaidBack() {
        var bucket = TokenBucket(rate: 1000, at: 0)
        #expect(bucket.takeWhole(16_384, at: 0) == false)
        #expect(bucket.takeWhole(16_384, at: 0.1) == true)
        #expect(bucket.takeWhole(1, at: 16) == false)
        #expect(bucket.delay(at: 16) > 0.2)
        #expect(bucket.takeWhole(1, at: 16.5) == true)
    }

    @Test func theDelayIsLongEnoughAndNotLonger() {
        var bucket = TokenBucket(rate: 1000, at: 0)
        let delay = bucket.delay(at: 0)
        #expect(bucket.take(upTo: 100, at: delay * 0.9) == 0)
        #expect(bucket.take(upTo: 100, at: delay + 1e-6) > 0)
    }

    @Test func withoutALimitAllGoesAtOnce() {
        var limit = RateLimit(rate: 0, at: 0)
        #expect(!limit.isLimited)
        #expect(limit.request(upTo: 1 << 30, by: 1, at: 0) == 1 << 30)
        #expect(limit.requestWhole(1 << 30, by: 1, at: 0) == true)
        #expect(limit.delay(at: 0) == nil && limit.next(at: 0) == nil)
    }

    @Test func thoseWhoWaitAreServedInTurn() {
        var limit = RateLimit(rate: 1000, at: 0)
        for transfer in 1...3 { #expect(limit.request(upTo: 500, by: transfer, at: 0) == 0) }
        #expect(limit.next(at: 0) == nil)
        var shares: [Int: Int] = [:]
        var now = 0.0
        for _ in 0..<30_000 {
            now += 0.001
            guard let transfer = limit.next(at: now) else { continue }
            shares[transfer, default: 0] += limit.request(upTo: 500, by: transfer, at: now)
            // It wants more at once, but others wait.
            #expect(limit.request(upTo: 500, by: transfer, at: now) == 0)
        }
        #expect(shares.values.reduce(0, +) > 29_000)
        for share in shares.values { #expect(abs(share - 10_000) < 400) }
    }

    @Test func nobodyOvertakesTheQueue() {
        var limit = RateLimit(rate: 1000, at: 0)
        #expect(limit.request(upTo: 500, by: 1, at: 0) == 0)
        #expect(limit.request(upTo: 500, by: 2, at: 5) == 0)
        #expect(limit.next(at: 5) == 1)
        limit.remove(1)
        #expect(limit.next(at: 5) == 2)
        #expect(limit.request(upTo: 50, by: 2, at: 5) == 50)
        #expect(limit.delay(at: 5) == nil)
    }
}
