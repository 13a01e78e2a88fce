import Primitives
import Threads

/// Does the same with each of some elements, on several threads.
package struct ParallelRun: Sendable {
    private let width: Int
    private let cancellation: Cancellation

    package init(width: Int, cancellation: Cancellation) {
        self.width = width
        self.cancellation = cancellation
    }

    /// Gives each element to `body`; the first error ends it.
    package func run<Element: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) throws(VarveError) -> Void
    ) throws(VarveError) {
        let next = Locked(0)
        let failure = Locked<VarveError?>(nil)
        let threads = (0..<min(width, elements.count)).map { _ in
            WorkerThread(name: "check") { [cancellation] in
                while !cancellation.isCancelled, failure.withLock({ $0 == nil }) {
                    let number = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard number < elements.count else { return }
                    do throws(VarveError) {
                        try body(elements[number])
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        try cancellation.check()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
