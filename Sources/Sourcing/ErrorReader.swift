import FileIO
import Glibc

/// Reads the standard error of a command on a thread of its own, so that the command never waits for a full pipe.
final class ErrorReader: @unchecked Sendable {
    private let source: OpenFile
    /// The reading end hangs up when ``stop()`` closes the writing end.
    private let wake: (reading: OpenFile, writing: OpenFile)
    private let passing: (@Sendable ([UInt8]) -> Void)?

    // Both are guarded by `mutex`.
    private var kept = LastLines()
    private var ended = false
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// What may still lie in the pipe when the command has ended, with room to spare.
    private static let drainLimit = 1 << 20

    /// Starts the thread, which reads until the last writer closes or ``stop()`` is called.
    ///
    /// - Throws: `SystemError` where there is no descriptor or no thread left.
    init(_ source: OpenFile, passing: (@Sendable ([UInt8]) -> Void)?) throws(SystemError) {
        self.source = source
        self.passing = passing
        wake = try makePipe("wake")
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        try startDetachedThread { [self] in run() }
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    /// The last lines so far.
    var lines: [String] { locked { kept.lines } }

    var hasEnded: Bool { locked { ended } }

    /// Takes what lies in the pipe already, then ends, though a process left in the background may hold the pipe open.
    func stop() { try? wake.writing.close() }

    func waitUntilEnded() {
        locked { while !ended { pthread_cond_wait(condition, mutex) } }
    }

    private func run() {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var mayStillRead = Int.max
        while mayStillRead > 0 {
            if mayStillRead == .max, !isReadable() {
                _ = fcntl(source.descriptor, F_SETFL, O_NONBLOCK)
                mayStillRead = ErrorReader.drainLimit
            }
            guard let count = try? piece.withUnsafeMutableBytes({ try source.read(into: $0) }), count > 0 else { break }
            locked { piece.withUnsafeBytes { kept.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) } }
            passing?(Array(piece[..<count]))
            if mayStillRead < .max { mayStillRead -= count }
        }
        locked {
            ended = true
            pthread_cond_broadcast(condition)
        }
    }

    /// Waits until there is something to read, or the end of it; false where ``stop()`` was called first.
    private func isReadable() -> Bool {
        var polled = [
            pollfd(fd: source.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.reading.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&polled, 2, -1) < 0, errno == EINTR {}
        return polled[0].revents != 0
    }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

/// Runs `body` on a new thread that takes no signals, which are for those who handle them.
private func startDetachedThread(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, box.toOpaque())
    if code != 0 {
        box.release()
        throw SystemError(errnoCode: code, operation: "start", path: "a thread")
    }
    pthread_detach(thread)
}
