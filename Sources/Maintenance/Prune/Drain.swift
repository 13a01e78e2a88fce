import Backends
import Primitives
import Repositories
import Threads

/// Waits until sessions are over, and ends those that are dead (`format-spec/ordering.md`, "Pruners", 2).
struct Drain {
    let repository: Repository
    /// The moment of the monotonic clock at which waiting ends, in seconds.
    let deadline: Double
    let cancellation: Cancellation
    /// Is told how many sessions are waited for.
    let progress: (Int) -> Void

    /// How long a session may show no sign of life, in seconds.
    static let staleAfter = 30.0 * 60
    /// How often is looked, in seconds.
    static let interval = 5.0

    /// - Parameter anchors: whom to wait for; a drain record names them.
    /// - Returns: how many sessions were judged dead.
    /// - Throws: kind `busy` at the deadline.
    func wait(
        for anchors: some Collection<IndexRecord.AnchorName>, goal: DrainWatch.Goal
    ) throws(VarveError) -> Int {
        if anchors.isEmpty { return 0 }
        let environment = repository.environment
        var sessions = SessionsAtWork(in: repository)
        var watch = DrainWatch(
            anchors, goal: goal, staleAfter: Drain.staleAfter, now: environment.clock.monotonicSeconds())
        var ended: Set<Digest> = []
        while true {
            try cancellation.check()
            // The moment before looking: what takes long must not pass for silence.
            let now = environment.clock.monotonicSeconds()
            let verdict = watch.observe(try sessions.look().sight, at: now)
            if verdict.waiting.isEmpty, verdict.stale.isEmpty { return ended.count }
            var hasEnded = false
            for anchor in verdict.stale where ended.insert(anchor.name).inserted {
                environment.warn("a session that has shown no sign of life for 30 minutes is ended")
                try repository.backend.delete(ObjectName(.locks, anchor.name))
                hasEnded = true
            }
            // What was deleted must be seen to be gone.
            if hasEnded { continue }
            let count = verdict.waiting.count + verdict.stale.count
            progress(count)
            if now >= deadline {
                if goal == .deadOnesKnown { return ended.count }
                throw VarveError(
                    .busy, "sessions that are still at work are in the way: \(count)",
                    advice: "run it again later, or with a longer --max-wait: it goes on where it stopped",
                    isRetryable: true)
            }
            environment.sleep(min(Drain.interval, deadline - now), cancellation)
        }
    }
}
