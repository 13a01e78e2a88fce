import CLinux
import Glibc

/// A dedicated thread for synchronous work, with a stack of 2 MiB unless told otherwise.
///
/// The data path runs on these and not on Swift's cooperative executor, which must not be blocked.
public final class WorkerThread: @unchecked Sendable {
    // Unchecked: `thread` is written once before anybody else sees the object; joining is guarded by `joined`.
    private var thread = pthread_t()
    private let joined = Locked(false)

    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts `body` at once.
    ///
    /// - Parameters:
    ///   - name: at most 15 bytes of it are shown by tools such as `top -H`.
    ///   - stackSize: in bytes; memory is taken only where it is touched.
    public init(name: String, stackSize: Int = 2 << 20, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackSize)
        defer { pthread_attr_destroy(&attributes) }
        let context = Unmanaged.passRetained(Body(name: String(name.prefix(15)), run: body))
        let status = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                varve_name_thread(body.name)
                body.run()
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
        if isFirst { pthread_join(thread, nil) }
    }
}
