import Primitives
import Threads

/// What one attempt at an operation came to, where it was answered at all.
package enum AttemptOutcome<Value> {
    case done(Value)
    /// It may succeed later: why it did not ("the server answers 503 SlowDown"), and the seconds that the server asks for.
    case retry(String, after: Double? = nil)
    /// It never will.
    case failed(VarveError)
}

/// Carries out operations at one place, each in as many attempts as a ``RetryPolicy`` allows. May be used by several threads.
///
/// When the work is cancelled, what waits ends; an operation that starts afterwards still gets one attempt, so that whoever
/// was cancelled can clean up.
package struct Retrier: Sendable {
    package typealias Sleep = @Sendable (_ seconds: Double, _ cancellation: Cancellation) -> Void

    private let place: String
    private let policy: RetryPolicy
    private let clock: any Clock
    private let random: any RandomBytes
    private let cancellation: Cancellation
    private let sleep: Sleep
    private let warn: @Sendable (String) -> Void
    /// Whether the place ever answered.
    private let hasAnswered = SharedFlag()

    /// - Parameters:
    ///   - place: for messages, without secrets.
    ///   - warn: gets a line from the third attempt of an operation on.
    package init(
        place: String, policy: RetryPolicy = RetryPolicy(), clock: any Clock = SystemClock(),
        random: any RandomBytes = SystemRandom(), cancellation: Cancellation = Cancellation(),
        sleep: @escaping Sleep = { seconds, cancellation in cancellation.wait(atMost: seconds) },
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.place = place
        self.policy = policy
        self.clock = clock
        self.random = random
        self.cancellation = cancellation
        self.sleep = sleep
        self.warn = warn
    }

    /// Calls `attempt`, with its number from 1, until it is done or fails for good.
    ///
    /// Each attempt makes its request anew, since signatures hold for a short time only.
    ///
    /// - Parameter operation: a verb with its object, for messages: "write data/3f2a…".
    /// - Throws: what `attempt` gives as failed; kind `storage`, retryable, where the policy gives up; kind `storage` for
    ///   failures that no retry helps; the error of the cancellation.
    package func run<Value>(
        _ operation: String, _ attempt: (_ number: Int) throws(TransferFailure) -> AttemptOutcome<Value>
    ) throws(VarveError) -> Value {
        let start = clock.monotonicSeconds()
        var number = 1
        while true {
            let setback: Setback
            switch makeAttempt(number, attempt) {
            case .success(.done(let value)): return value
            case .success(.failed(let error)): throw error
            case .success(.retry(let reason, let seconds)):
                setback = Setback(reason: reason, retryAfter: seconds, failure: nil)
            case .failure(let failure):
                setback = Setback(reason: failure.problem, retryAfter: nil, failure: failure)
            }
            try cancellation.check()
            if let failure = setback.failure, !isWorthRetrying(failure, number) {
                throw failure.asVarveError(operation, at: place)
            }
            let elapsed = clock.monotonicSeconds() - start
            let delay = policy.delay(
                afterAttempt: number, elapsed: elapsed, retryAfter: setback.retryAfter, fraction: fraction())
            guard let delay else { throw gaveUp(operation, number, elapsed, setback) }
            number += 1
            if number >= 3 {
                warn("cannot \(operation) at \(place) yet: \(setback.reason); attempt \(number) follows")
            }
            sleep(delay, cancellation)
            try cancellation.check()
        }
    }

    private struct Setback {
        let reason: String
        let retryAfter: Double?
        let failure: TransferFailure?
    }

    private func makeAttempt<Value>(
        _ number: Int, _ attempt: (Int) throws(TransferFailure) -> AttemptOutcome<Value>
    ) -> Result<AttemptOutcome<Value>, TransferFailure> {
        do throws(TransferFailure) {
            let outcome = try attempt(number)
            hasAnswered.set()
            return .success(outcome)
        } catch {
            return .failure(error)
        }
    }

    private func isWorthRetrying(_ failure: TransferFailure, _ attempts: Int) -> Bool {
        switch failure.cause {
        case .unresolvable, .unreachable: hasAnswered.isSet || attempts < policy.firstContactAttempts
        default: failure.isRetryable
        }
    }

    private func gaveUp(_ operation: String, _ attempts: Int, _ elapsed: Double, _ setback: Setback) -> VarveError {
        VarveError(
            .storage,
            "cannot \(operation) at \(place): gave up after \(attempts) attempts in \(Int(elapsed)) s, the last time: "
                + setback.reason,
            advice: "run it again when the storage answers as it should", isRetryable: true)
    }

    /// Even from 0 to below 1.
    private func fraction() -> Double {
        let bits = random.bytes(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Double(bits) / 4_294_967_296
    }
}
