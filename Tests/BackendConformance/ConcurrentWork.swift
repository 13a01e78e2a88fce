import Testing
import Threads

/// Runs `body` on `count` threads at once and waits for all of them; what it throws is recorded as an issue.
package func onThreads(_ count: Int, _ body: @escaping @Sendable (_ number: Int) throws -> Void) {
    let threads = (0..<count).map { number in
        WorkerThread(name: "test-\(number)") {
            do { try body(number) } catch { Issue.record(error) }
        }
    }
    for thread in threads { thread.join() }
}
