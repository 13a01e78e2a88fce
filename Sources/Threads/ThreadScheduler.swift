import Glibc
import Synchronization

/// Lets threads take turns in place of the system, so that a test can replay what they did.
///
/// One of the threads that take part runs at a time. A thread takes part if one that does has started it. What they share must
/// be shared with no other thread.
package protocol ThreadScheduler: AnyObject, Sendable {
    /// The calling thread is about to take a lock; others may run first.
    func pass()

    /// Waits until ``notify(_:)`` is called for the same place.
    ///
    /// - Parameter deadline: when waiting ends at the latest, in the seconds of ``now``; `nil` for never.
    /// - Returns: whether it was called; `false` when time is up.
    func wait(on place: UnsafeRawPointer, until deadline: Double?) -> Bool

    /// Seconds of a clock that never goes back.
    var now: Double { get }

    /// Wakes all who wait on the place. The calling thread goes on.
    func notify(_ place: UnsafeRawPointer)

    /// Announces a thread that the calling one is about to start; gives its number.
    ///
    /// - Parameter gate: opened for each turn of the thread, which waits there for the first.
    func announce(_ name: String, _ gate: TurnGate) -> Int

    /// Called last on the thread of that number.
    func end(_ number: Int)

    /// Waits until the thread of that number has ended.
    func join(_ number: Int)
}

/// Where a thread waits for its turn.
package final class TurnGate: @unchecked Sendable {
    // Unchecked: a semaphore is made to be used by several threads.
    private let semaphore: UnsafeMutablePointer<sem_t>

    package init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Lets the thread go on that waits, or else the next that comes.
    package func open() { sem_post(semaphore) }

    package func wait() {
        while sem_wait(semaphore) != 0 {}
    }
}

/// The place of a thread under a scheduler.
final class ScheduledSeat: Sendable {
    let scheduler: any ThreadScheduler
    let number: Int
    private let gate = TurnGate()

    init(_ scheduler: any ThreadScheduler, _ name: String) {
        self.scheduler = scheduler
        number = scheduler.announce(name, gate)
    }

    /// Whether any thread of this process stands under a scheduler.
    private static let isUsed = Atomic<Bool>(false)

    /// Under which the calling thread's seat is kept.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// The scheduler of the calling thread; `nil` for the system's, which costs one load to find out.
    static var scheduler: (any ThreadScheduler)? {
        guard isUsed.load(ordering: .relaxed), let pointer = pthread_getspecific(key) else { return nil }
        return Unmanaged<ScheduledSeat>.fromOpaque(pointer).takeUnretainedValue().scheduler
    }

    /// Runs `body` in turns with the other threads.
    func run(_ body: () -> Void) {
        ScheduledSeat.isUsed.store(true, ordering: .relaxed)
        pthread_setspecific(ScheduledSeat.key, Unmanaged.passUnretained(self).toOpaque())
        gate.wait()
        body()
        scheduler.end(number)
        pthread_setspecific(ScheduledSeat.key, nil)
    }
}
