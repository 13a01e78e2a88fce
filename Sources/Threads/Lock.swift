import Glibc

/// The memory of a mutex, as long as its lock lives.
private struct Mutex: ~Copyable {
    let pointer: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        pointer = .allocate(capacity: 1)
        pthread_mutex_init(pointer, nil)
    }

    deinit {
        pthread_mutex_destroy(pointer)
        pointer.deallocate()
    }
}

/// A mutual-exclusion lock that owns what it protects.
///
/// It stands over `pthread_mutex` because the thread sanitizer reports false races inside `Synchronization.Mutex`.
public final class Locked<State>: @unchecked Sendable {
    // Unchecked: every access to `state` is made with `mutex` held.
    private let mutex = Mutex()
    private var state: State

    public init(_ state: sending State) { self.state = state }

    /// Runs `body` while no other thread can see the state. `body` must not wait for anything.
    public func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        Turns.lock(mutex.pointer)
        defer { Turns.unlock(mutex.pointer) }
        return try body(&state)
    }
}

/// A lock for moments in which nothing else is locked, such as at the end of an object's life, which may come on any thread.
///
/// A ``ThreadScheduler`` does not see it: threads that stand under one may share it with threads that do not.
package final class LeafLocked<State>: @unchecked Sendable {
    // Unchecked: every access to `state` is made with `mutex` held.
    private let mutex = Mutex()
    private var state: State

    package init(_ state: sending State) { self.state = state }

    /// Runs `body` while no other thread can see the state. `body` must take no other lock.
    package func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex.pointer)
        defer { pthread_mutex_unlock(mutex.pointer) }
        return try body(&state)
    }
}

/// A lock with a condition to wait for.
public final class Monitored<State>: @unchecked Sendable {
    // Unchecked: every access to `state` is made with `mutex` held.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    public init(_ state: sending State) {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        self.state = state
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` with the state and wakes every thread that waits for a change.
    public func change<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        Turns.lock(mutex)
        defer {
            Turns.broadcast(condition)
            Turns.unlock(mutex)
        }
        return try body(&state)
    }

    /// Waits until `body` gives a result; it is asked again after every change.
    @discardableResult
    public func wait<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result?
    ) throws(Failure) -> Result {
        Turns.lock(mutex)
        defer { Turns.unlock(mutex) }
        while true {
            if let result = try body(&state) {
                Turns.broadcast(condition)
                return result
            }
            Turns.wait(on: condition, mutex)
        }
    }

    /// Like ``wait(_:)``, but gives up after `seconds` and returns `nil`; `body` is asked once more then.
    ///
    /// - Parameter seconds: what is not above 0 does not wait; more than 30 years are as many.
    public func wait<Result>(atMost seconds: Double, _ body: (inout State) -> Result?) -> Result? {
        let deadline = Deadline(after: seconds)
        var isLate = false
        Turns.lock(mutex)
        defer { Turns.unlock(mutex) }
        while true {
            if let result = body(&state) {
                Turns.broadcast(condition)
                return result
            }
            if isLate { return nil }
            isLate = !Turns.wait(on: condition, mutex, until: deadline)
        }
    }
}
