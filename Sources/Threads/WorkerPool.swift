/// Threads that carry out work in the order it is given, several pieces at once.
public final class WorkerPool: Sendable {
    public typealias Work = @Sendable (_ worker: Int) -> Void

    private let queue: BoundedQueue<Work>
    private let threads: [WorkerThread]
    public let width: Int

    /// - Parameters:
    ///   - width: the number of threads.
    ///   - backlog: how much work may wait before ``submit(_:)`` does.
    public init(name: String, width: Int, backlog: Int) {
        let queue = BoundedQueue<Work>(capacity: backlog)
        self.queue = queue
        self.width = width
        threads = (0..<width).map { worker in
            WorkerThread(name: "\(name)-\(worker)") {
                while let work = try? queue.pop() { work(worker) }
            }
        }
    }

    deinit { queue.finish() }

    /// Waits for room in the backlog and hands over `work`. Must not be called by work of the same pool.
    ///
    /// Work is given the number of its worker, from 0, so that it can keep things such as a compression context per
    /// worker.
    public func submit(_ work: @escaping Work) {
        // The queue never fails: only `finish` ends it.
        try? queue.push(work)
    }

    /// Waits until all work is done and ends the threads.
    public func finish() {
        queue.finish()
        for thread in threads { thread.join() }
    }
}
