import Primitives
import TestServers
import Testing
import Threads

@testable import Transfers

/// A client that the test closes by letting go of it.
func makeClient(
    cancellation: Cancellation? = nil, _ change: (inout HTTPClientOptions) -> Void = { _ in }
) throws -> HTTPClient {
    var options = HTTPClientOptions()
    change(&options)
    return try HTTPClient(options, cancellation: cancellation)
}

extension HTTPClient {
    /// Why no response came; a recorded issue and `nil` where one did.
    func failure(_ request: HTTPRequest, sourceLocation: SourceLocation = #_sourceLocation) -> TransferFailure? {
        do throws(TransferFailure) {
            let response = try send(request)
            Issue.record("there is a response: \(response.status)", sourceLocation: sourceLocation)
            return nil
        } catch {
            return error
        }
    }
}

/// Runs `body` on so many threads at once, each with its number.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
    let threads = (0..<count).map { number in
        WorkerThread(name: "test-\(number)") {
            do { try body(number) } catch { Issue.record(error) }
        }
    }
    for thread in threads { thread.join() }
}

/// Waits for what another thread is about to bring about.
func eventually(_ condition: () -> Bool) -> Bool {
    let moment = Monitored(())
    for _ in 0..<1000 {
        if condition() { return true }
        _ = moment.wait(atMost: 0.01) { (_: inout Void) -> Void? in nil }
    }
    return condition()
}

/// Seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = SystemClock()
    let start = clock.monotonicSeconds()
    try body()
    return clock.monotonicSeconds() - start
}
