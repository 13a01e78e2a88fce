import Backends
import Primitives
import Threads

/// The signs of life of a session: a new one at regular times, then the one before goes.
final class Heartbeats: Sendable {
    private let repository: Repository
    private let session: Identifier
    private let anchor: Digest
    private let isStopped = Monitored(false)
    private let thread = Locked<WorkerThread?>(nil)

    init(repository: Repository, session: Identifier, anchor: Digest) {
        self.repository = repository
        self.session = session
        self.anchor = anchor
        let thread = WorkerThread(name: "heartbeat") { [self] in run() }
        self.thread.withLock { $0 = thread }
    }

    private func run() {
        var count: UInt64 = 0
        var own: [ObjectName] = []
        while isStopped.wait(atMost: repository.environment.heartbeatInterval, { $0 ? true : nil }) != true {
            count += 1
            let plain = Heartbeat(anchor: anchor, count: count).encoded(at: repository.configuration.location)
            do throws(VarveError) {
                own.append(try repository.writeObject(plain, type: .heartbeat, in: .locks, session: session))
                while own.count > 1 {
                    try repository.backend.delete(own[0])
                    own.removeFirst()
                }
            } catch {
                // A prune may judge the session stale then; the check before the acknowledgement finds that out.
                repository.environment.warn("a heartbeat failed: \(error.problem)")
            }
        }
        for name in own { try? repository.backend.delete(name) }
    }

    /// Ends the heartbeats and removes the last one.
    func stop() {
        isStopped.change { $0 = true }
        thread.withLock { thread in
            defer { thread = nil }
            return thread
        }?.join()
    }
}
