import CommandLineSupport
import Glibc
import VarveKit

/// Takes the signals of the process on a thread of its own: the first interrupt ends the work cleanly, a second one at once.
final class SignalThread: Sendable {
    let cancellation = Cancellation()
    private let reporter = Locked<ProgressReporter?>(nil)

    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]

    /// Blocks the signals in this thread, and so in all that it starts, and begins to wait for them.
    static func start() -> SignalThread {
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in signals { sigaddset(&mask, signal) }
        pthread_sigmask(SIG_BLOCK, &mask, nil)
        let thread = SignalThread()
        let waiting = mask
        _ = WorkerThread(name: "signals") { thread.run(waiting) }
        return thread
    }

    /// Who prints progress when SIGUSR1 asks for it.
    func setReporter(_ new: ProgressReporter?) { reporter.withLock { $0 = new } }

    private func run(_ mask: sigset_t) {
        var mask = mask
        while true {
            var signal: Int32 = 0
            guard sigwait(&mask, &signal) == 0 else { continue }
            if signal == SIGUSR1 {
                reporter.withLock { $0 }?.printNow()
                continue
            }
            if cancellation.isCancelled {
                TerminalPrompt.restoreTerminal()
                _exit(130)
            }
            // Cancelling may wait for commands to end: the next signal must find this thread free.
            let cancellation = cancellation
            _ = WorkerThread(name: "cancel") {
                cancellation.cancel(
                    VarveError(.cancelled, "interrupted", advice: "what was stored until now is used by the next run"))
            }
        }
    }
}
