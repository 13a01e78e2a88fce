import Primitives
import Testing
import Threads

@testable import Transfers

/// A world in which waiting takes no time and all of it is noted.
private final class MadeUpWorld: Clock, RandomBytes, Sendable {
    let time = Locked(1000.0)
    let sleeps = Locked<[Double]>([])
    let warnings = Locked<[String]>([])
    let cancellation = Cancellation()

    func now() -> Timestamp { Timestamp(nanoseconds: 0) }
    func monotonicSeconds() -> Double { time.withLock { $0 } }
    /// Always the middle.
    func bytes(_ count: Int) -> [UInt8] { [0x80] + [UInt8](repeating: 0, count: count - 1) }

    func retrier(_ policy: RetryPolicy = RetryPolicy()) -> Retrier {
        Retrier(
            place: "s3:http://host/bucket", policy: policy, clock: self, random: self, cancellation: cancellation,
            sleep: { seconds, _ in
                self.sleeps.withLock { $0.append(seconds) }
                self.time.withLock { $0 += seconds }
            },
            warn: { text in self.warnings.withLock { $0.append(text) } })
    }

    /// Runs an operation and gives the error in which it ends.
    func error(
        _ policy: RetryPolicy = RetryPolicy(), _ attempt: (Int) throws(TransferFailure) -> AttemptOutcome<Int>
    ) -> VarveError? {
        do throws(VarveError) {
            let value = try retrier(policy).run("write data/00", attempt)
            Issue.record("it gave \(value)")
            return nil
        } catch {
            return error
        }
    }
}

@Suite struct RetrierTests {
    private let world = MadeUpWorld()

    @Test func theFirstSuccessEndsIt() throws {
        var numbers: [Int] = []
        let value = try world.retrier().run("read index/00") { (number: Int) throws(TransferFailure) in
            numbers.append(number)
            if number == 1 { throw TransferFailure(.brokenOff, "gone") }
            return number < 4 ? AttemptOutcome.retry("503", after: number == 2 ? 5 : nil) : .done("value")
        }
        #expect(value == "value" && numbers == [1, 2, 3, 4])
        #expect(world.sleeps.withLock { $0 } == [0.25, 5.5, 1])
        // From the third attempt on.
        #expect(
            world.warnings.withLock { $0 } == [
                "cannot read index/00 at s3:http://host/bucket yet: 503; attempt 3 follows",
                "cannot read index/00 at s3:http://host/bucket yet: 503; attempt 4 follows",
            ])
    }

    @Test func itGivesUpWhenTimeIsOver() throws {
        let error = try #require(world.error { _ in .retry("the server answers 503 SlowDown") })
        #expect(error.kind == .storage && error.isRetryable)
        #expect(error.problem.contains("cannot write data/00 at s3:http://host/bucket: gave up after "))
        #expect(error.problem.contains("the server answers 503 SlowDown"))
        #expect(world.time.withLock { $0 } < 1600)
        #expect(world.time.withLock { $0 } > 1500)
    }

    @Test func itGivesUpAfterTheLastAttempt() throws {
        var policy = RetryPolicy()
        policy.attemptLimit = 4
        var attempts = 0
        let error = world.error(policy) { _ in
            attempts += 1
            return .retry("no")
        }
        #expect(attempts == 4 && error?.problem.contains("4 attempts") == true)
    }

    @Test func whatCannotSucceedEndsAtOnce() throws {
        let failed = world.error { _ in .failed(VarveError(.storage, "the keys are wrong")) }
        #expect(failed?.problem == "the keys are wrong")
        let causes: [TransferFailure.Cause] = [.untrusted, .tooLarge, .invalidRequest, .unreadableBody]
        for cause in causes {
            let error = world.error { _ throws(TransferFailure) in throw TransferFailure(cause, "host:1: no") }
            #expect(error?.kind == .storage && error?.isRetryable == false)
            #expect(error?.problem == "cannot write data/00 at s3:http://host/bucket: host:1: no")
        }
        #expect(world.sleeps.withLock { $0 }.isEmpty)
        let untrusted = world.error { _ throws(TransferFailure) in throw TransferFailure(.untrusted, "self-signed") }
        #expect(untrusted?.advice.contains("--ca-cert") == true)
    }

    @Test func aPlaceThatNeverAnsweredGetsFewAttempts() throws {
        var attempts = 0
        let error = world.error { _ throws(TransferFailure) in
            attempts += 1
            throw TransferFailure(.unreachable, "cannot connect to host:1: Connection refused")
        }
        #expect(attempts == 3 && error?.advice.contains("port") == true)
    }

    @Test func aPlaceThatHasAnsweredIsWaitedFor() throws {
        let retrier = world.retrier()
        _ = try retrier.run("read config") { _ in AttemptOutcome.done(1) }
        let value = try retrier.run("read config") { (number: Int) throws(TransferFailure) in
            if number < 10 { throw TransferFailure(.unreachable, "refused") }
            return AttemptOutcome.done(number)
        }
        #expect(value == 10)
    }

    @Test func cancellationEndsTheWait() throws {
        let error = world.error { number in
            if number == 2 { world.cancellation.cancel(VarveError(.cancelled, "by the user")) }
            return .retry("503")
        }
        #expect(error?.problem == "by the user")
        // Whoever cleans up then has one attempt.
        #expect(try world.retrier().run("delete locks/00") { _ in AttemptOutcome.done(7) } == 7)
        #expect(world.error { _ in .retry("503") }?.kind == .cancelled)
    }
}
