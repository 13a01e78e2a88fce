import Testing

@testable import Transfers

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy()

    @Test func theCeilingDoublesUpToTheLimit() {
        let delays = (1...10).map {
            policy.delay(afterAttempt: $0, elapsed: 0, retryAfter: nil, fraction: 1) ?? -1
        }
        #expect(delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30])
    }

    @Test func theWaitIsDrawnFromAllBelowTheCeiling() {
        #expect(policy.delay(afterAttempt: 5, elapsed: 0, retryAfter: nil, fraction: 0) == 0)
        #expect(policy.delay(afterAttempt: 5, elapsed: 0, retryAfter: nil, fraction: 0.25) == 2)
    }

    @Test func aServersWishComesInFrontWithinItsLimit() {
        #expect(policy.delay(afterAttempt: 1, elapsed: 0, retryAfter: 7, fraction: 0.5) == 7.25)
        #expect(policy.delay(afterAttempt: 1, elapsed: 0, retryAfter: 1e9, fraction: 0) == 60)
        #expect(policy.delay(afterAttempt: 1, elapsed: 0, retryAfter: -5, fraction: 0) == 0)
    }

    @Test func itEndsWithTheTimeOrTheAttempts() {
        #expect(policy.delay(afterAttempt: 2, elapsed: 600, retryAfter: nil, fraction: 0) == nil)
        // The wait would end after the time.
        #expect(policy.delay(afterAttempt: 2, elapsed: 570, retryAfter: 31, fraction: 0) == nil)
        #expect(policy.delay(afterAttempt: policy.attemptLimit, elapsed: 0, retryAfter: nil, fraction: 0) == nil)
    }

    @Test func hugeNumbersAreHarmless() {
        var policy = RetryPolicy()
        policy.attemptLimit = .max
        #expect(policy.delay(afterAttempt: .max - 1, elapsed: 0, retryAfter: .infinity, fraction: 2) == 90)
        #expect(policy.delay(afterAttempt: .min, elapsed: 0, retryAfter: nil, fraction: 1) == 0.5)
    }
}
