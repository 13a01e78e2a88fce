import Glibc

/// State behind a lock, and a way to sleep until it changes.
///
/// It stands over `pthread_mutex_t` because this module imports nothing. Unchecked: `state` is touched only under the
/// lock.
final class Monitor<State>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    init(_ state: State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Gives the state to `body` alone, and wakes who sleeps.
    func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Sleeps until `condition` holds.
    func wait(until condition: (State) -> Bool) {
        pthread_mutex_lock(mutex)
        while !condition(state) { pthread_cond_wait(changed, mutex) }
        pthread_mutex_unlock(mutex)
    }

    /// Sleeps until `condition` holds, but so many nanoseconds at most.
    func wait(atMost nanoseconds: UInt64, until condition: (State) -> Bool) {
        let limit = MonotonicClock.now() + min(nanoseconds, 1 << 62)
        var deadline = timespec(tv_sec: Int(limit / 1_000_000_000), tv_nsec: Int(limit % 1_000_000_000))
        pthread_mutex_lock(mutex)
        while !condition(state), pthread_cond_timedwait(changed, mutex, &deadline) == 0 {}
        pthread_mutex_unlock(mutex)
    }
}

/// The time since some point before, in nanoseconds; it never goes back.
package enum MonotonicClock {
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
