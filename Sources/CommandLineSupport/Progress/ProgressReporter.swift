import Glibc

/// Tells how far a work is, from a thread of its own, until it is stopped.
///
/// Progress is a courtesy: if it cannot be written, the work goes on; a broken standard output shows itself when the
/// result is written. `stop` must be called, or the thread stays.
package final class ProgressReporter: Sendable {
    private struct State {
        var schedule: ProgressSchedule
        var isStopping = false
        var hasEnded = false
        /// Whether the cursor stands behind a line that is to be rewritten.
        var isLineShown = false
    }

    private let style: ProgressStyle
    private let standardOutput: StandardOutput
    private let standardError: StandardOutput
    private let clock: @Sendable () -> UInt64
    private let snapshot: @Sendable () -> ProgressFigures
    private let start: UInt64
    private let state: Monitor<State>
    /// Back to the start of the line, and erase to its end (ECMA-48 EL).
    private let clearing = "\r\u{1b}[K"

    /// Starts to tell. `snapshot` is called from the reporter's thread, under no lock; `clock` gives nanoseconds that
    /// never go back.
    package init(
        style: ProgressStyle, standardOutput: StandardOutput = .output, standardError: StandardOutput = .error,
        clock: @escaping @Sendable () -> UInt64 = MonotonicClock.now,
        snapshot: @escaping @Sendable () -> ProgressFigures
    ) {
        self.style = style
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.clock = clock
        self.snapshot = snapshot
        start = clock()
        state = Monitor(State(schedule: ProgressSchedule(style: style, start: start)))
        if style == .quiet || !startThread() { state.withLock { $0.hasEnded = true } }
    }

    /// Has one line written at once, on a terminal above the one that is rewritten: what `SIGUSR1` asks for. For the
    /// thread that waits for signals; it takes a lock, so a signal handler must not call it.
    package func printNow() { state.withLock { $0.schedule.request() } }

    /// Writes a line to standard error, on a terminal above the progress; also after `stop`.
    package func writeMessage(_ line: String) {
        state.withLock { state in
            clearLine(&state)
            try? standardError.writeLine(line)
            try? standardError.flush()
        }
    }

    /// Ends the telling and clears the line. When it returns, the thread writes nothing more. It must not be called
    /// from `snapshot`.
    package func stop() {
        state.withLock { $0.isStopping = true }
        state.wait { $0.hasEnded }
    }

    private func startThread() -> Bool {
        let reporter = Unmanaged.passRetained(self)
        var thread = pthread_t()
        // Signals are for the program's own threads; a thread inherits the mask of the one that starts it.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ProgressReporter>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, reporter.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            reporter.release()
        }
        return code == 0
    }

    private func run() {
        var isOver = false
        while !isOver {
            let now = clock()
            let (delay, occasion) = state.withLock { state in
                (state.schedule.delay(at: now), state.schedule.takeOccasion(at: now))
            }
            if let occasion {
                let elapsed = Double(now - min(now, start)) / 1e9
                let line = ProgressLine(elapsedSeconds: elapsed, figures: snapshot())
                state.withLock { if !$0.isStopping { tell(line, occasion, &$0) } }
            } else {
                state.wait(atMost: delay) { $0.isStopping || $0.schedule.isRequested }
            }
            isOver = state.withLock { $0.isStopping }
        }
        state.withLock { state in
            clearLine(&state)
            state.hasEnded = true
        }
    }

    private func tell(_ line: ProgressLine, _ occasion: ProgressSchedule.Occasion, _ state: inout State) {
        switch style {
        case .quiet: break
        case .json:
            try? standardOutput.writeLine(line.json)
            try? standardOutput.flush()
        case .log:
            // Nobody has to fit it anywhere.
            try? standardError.writeLine(line.text(width: 1000))
            try? standardError.flush()
        case .terminal:
            // The last column stays free: a terminal may wrap behind it.
            let text = line.text(width: Terminal.columns(of: standardError.descriptor) - 1)
            // One write, or the line would flicker.
            try? standardError.write((state.isLineShown ? clearing : "") + text + (occasion == .onDemand ? "\n" : ""))
            try? standardError.flush()
            state.isLineShown = occasion == .regular
        }
    }

    /// Takes the progress off the terminal, the cursor at the start of the line.
    private func clearLine(_ state: inout State) {
        guard state.isLineShown else { return }
        try? standardError.write(clearing)
        try? standardError.flush()
        state.isLineShown = false
    }
}
