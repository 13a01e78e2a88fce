import Glibc

/// The operations on a mutex and a condition, for threads of the system and for those under a ``ThreadScheduler``.
enum Turns {
    typealias Mutex = UnsafeMutablePointer<pthread_mutex_t>
    typealias Condition = UnsafeMutablePointer<pthread_cond_t>

    static func lock(_ mutex: Mutex) {
        guard let scheduler = ScheduledSeat.scheduler else {
            pthread_mutex_lock(mutex)
            return
        }
        scheduler.pass()
        // Whoever holds it has handed over its turn, and would never get it back if this thread slept.
        while pthread_mutex_trylock(mutex) != 0 { _ = scheduler.wait(on: mutex, until: nil) }
    }

    static func unlock(_ mutex: Mutex) {
        pthread_mutex_unlock(mutex)
        ScheduledSeat.scheduler?.notify(mutex)
    }

    static func broadcast(_ condition: Condition) {
        if let scheduler = ScheduledSeat.scheduler {
            scheduler.notify(condition)
        } else {
            pthread_cond_broadcast(condition)
        }
    }

    static func wait(on condition: Condition, _ mutex: Mutex) {
        if let scheduler = ScheduledSeat.scheduler {
            pass(mutex, to: scheduler, on: condition, until: nil)
        } else {
            pthread_cond_wait(condition, mutex)
        }
    }

    /// Gives whether it was woken before the deadline.
    static func wait(on condition: Condition, _ mutex: Mutex, until deadline: Deadline) -> Bool {
        switch deadline {
        case .scheduled(let seconds, let scheduler): pass(mutex, to: scheduler, on: condition, until: seconds)
        case .monotonic(var moment): pthread_cond_timedwait(condition, mutex, &moment) != ETIMEDOUT
        }
    }

    @discardableResult
    private static func pass(
        _ mutex: Mutex, to scheduler: any ThreadScheduler, on condition: Condition, until deadline: Double?
    ) -> Bool {
        unlock(mutex)
        let isWoken = scheduler.wait(on: condition, until: deadline)
        lock(mutex)
        return isWoken
    }
}

/// When a wait of the calling thread ends.
enum Deadline {
    /// A moment of the monotonic clock.
    case monotonic(timespec)
    case scheduled(Double, any ThreadScheduler)

    init(after seconds: Double) {
        // A comparison that a NaN fails.
        let seconds = seconds > 0 ? min(seconds, 1e9) : 0
        if let scheduler = ScheduledSeat.scheduler {
            self = .scheduled(scheduler.now + seconds, scheduler)
            return
        }
        var moment = timespec()
        clock_gettime(CLOCK_MONOTONIC, &moment)
        let nanoseconds = Int(seconds * 1e9) + moment.tv_nsec
        moment.tv_sec += nanoseconds / 1_000_000_000
        moment.tv_nsec = nanoseconds % 1_000_000_000
        self = .monotonic(moment)
    }
}
