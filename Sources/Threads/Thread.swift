import CLinux
import Glibc

/// A dedicated thread for synchronous work, with a stack of 2 MiB unless told otherwise.
///
/// The data path runs on these and not on Swift's cooperative executor, which must not be blocked.
public final class WorkerThread: @unchecked Sendable {
    // Unchecked: `thread` is written once before anybody else sees the object; joining is guarded by `joined`.
    private var thread = pthread_t()
    private let joined = Locked(false)
    /// `nil` for a thread of the system's scheduler.
    private let seat: ScheduledSeat?

    private final class Body {
        private let name: String
        private let seat: ScheduledSeat?
        private var work: (@Sendable () -> Void)?

        init(name: String, seat: ScheduledSeat?, work: @escaping @Sendable () -> Void) {
            self.name = name
            self.seat = seat
            self.work = work
        }

        func run() {
            varve_name_thread(name)
            if let seat { seat.run(doWork) } else { doWork() }
        }

        /// Lets go of all that the work held before the thread gives up its seat.
        private func doWork() { work.take()?() }
    }

    /// Starts `body` at once.
    ///
    /// - Parameters:
    ///   - name: at most 15 bytes of it are shown by tools such as `top -H`.
    ///   - stackSize: in bytes; memory is taken only where it is touched.
    public convenience init(name: String, stackSize: Int = 2 << 20, _ body: @escaping @Sendable () -> Void) {
        self.init(name: name, stackSize: stackSize, under: ScheduledSeat.scheduler, body)
    }

    /// Starts `body` as a thread that takes turns with those it starts.
    package convenience init(name: String, under scheduler: any ThreadScheduler, _ body: @escaping @Sendable () -> Void)
    {
        self.init(name: name, stackSize: 2 << 20, under: scheduler, body)
    }

    private init(
        name: String, stackSize: Int, under scheduler: (any ThreadScheduler)?, _ body: @escaping @Sendable () -> Void
    ) {
        seat = scheduler.map { ScheduledSeat($0, name) }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackSize)
        defer { pthread_attr_destroy(&attributes) }
        let context = Unmanaged.passRetained(Body(name: String(name.prefix(15)), seat: seat, work: body))
        let status = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        precondition(status == 0, "the system gives no more threads (\(status))")
    }

    deinit {
        // The system keeps the stack of a thread until somebody joins it, unless nobody will.
        if !joined.withLock({ $0 }) { pthread_detach(thread) }
    }

    /// Waits for the end of the thread. May be called more than once, by one thread.
    public func join() {
        let isFirst = joined.withLock { joined in
            defer { joined = true }
            return !joined
        }
        guard isFirst else { return }
        if let seat, let scheduler = ScheduledSeat.scheduler { scheduler.join(seat.number) }
        pthread_join(thread, nil)
    }
}
