import Glibc

/// Questions to the person at the terminal, wherever standard input and output lead.
package enum TerminalPrompt {
    /// The person pressed Ctrl-C, or Ctrl-D on an empty line, in place of an answer.
    package struct Interrupted: Error, Sendable, Equatable {}

    /// The line typed after the prompt, without echo; `nil` where the process has no terminal.
    ///
    /// While it waits, Ctrl-C raises no signal but throws `Interrupted`; a signal from elsewhere that would end the
    /// process first restores the terminal. A program that takes such signals itself, in a thread, must call
    /// `restoreTerminal` before it exits.
    package static func readPassword(prompt: String) throws(Interrupted) -> [UInt8]? {
        try readPassword(prompt: prompt, terminal: "/dev/tty")
    }

    static func readPassword(prompt: String, terminal path: String) throws(Interrupted) -> [UInt8]? {
        let descriptor = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return nil }
        let signals = TerminalMode.save(settings, of: descriptor)
        defer {
            restoreTerminal()
            TerminalMode.resetSignals(signals)
        }
        // Without ICANON and ISIG every key comes as a byte at once, Ctrl-C too, so no signal can leave the echo off.
        settings.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | ISIG | IEXTEN)
        settings.c_iflag |= tcflag_t(ICRNL)
        guard tcsetattr(descriptor, TCSAFLUSH, &settings) == 0 else { return nil }
        show(TerminalText.printable(prompt), on: descriptor)
        defer { show("\n", on: descriptor) }
        return try readLine(from: descriptor)
    }

    /// Gives the terminal back the echo that `readPassword` took, if it is at work. For any thread; it takes a lock, so
    /// a signal handler must not call it.
    package static func restoreTerminal() {
        TerminalMode.isChanged.withLock { isChanged in
            if isChanged { TerminalMode.restore() }
            isChanged = false
        }
    }

    private static func readLine(from descriptor: Int32) throws(Interrupted) -> [UInt8] {
        var line = PasswordLine()
        while true {
            var byte: UInt8 = 0
            let count = read(descriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { throw Interrupted() }
            switch line.accept(byte) {
            case .more: continue
            case .done: return line.bytes
            case .interrupted: throw Interrupted()
            }
        }
    }

    private static func show(_ text: String, on descriptor: Int32) {
        var text = text
        // A prompt that cannot be shown is no reason not to read.
        text.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// A line that grows key by key: what the terminal would do for us if it did not also make signals of keys.
struct PasswordLine {
    enum Step: Equatable {
        case more
        case done
        case interrupted
    }

    private(set) var bytes: [UInt8] = []

    mutating func accept(_ byte: UInt8) -> Step {
        switch byte {
        case 0x0a, 0x0d: return .done
        case 0x03, 0x1c: return .interrupted  // Ctrl-C, Ctrl-\
        case 0x04: return bytes.isEmpty ? .interrupted : .more  // Ctrl-D
        case 0x08, 0x7f:  // Backspace takes a whole UTF-8 sequence.
            while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
        case 0x15: bytes.removeAll()  // Ctrl-U
        case 0x1a: break  // Ctrl-Z
        default: bytes.append(byte)
        }
        return .more
    }
}

/// The settings to which a terminal is to return, where a signal handler finds them too.
///
/// Unsafe: a handler cannot lock. Threads take the lock of `isChanged`; the handlers come after `save` has written and
/// go before it can write again, so at worst the terminal is restored twice.
private enum TerminalMode {
    static let isChanged = Monitor(false)
    /// On the heap, since Swift gives a global of this C type no room for the padding at its end.
    nonisolated(unsafe) private static let saved = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    nonisolated(unsafe) private static var descriptor: Int32 = -1

    /// Remembers the settings, makes the signals that end the process restore them before, and returns which.
    static func save(_ settings: termios, of descriptor: Int32) -> [Int32] {
        isChanged.withLock { isChanged in
            saved.initialize(to: settings)
            self.descriptor = descriptor
            isChanged = true
        }
        return restoreOnSignals()
    }

    /// Restores what is saved. Safe in a signal handler.
    static func restore() {
        guard descriptor >= 0 else { return }
        tcsetattr(descriptor, TCSANOW, saved)
        descriptor = -1
    }

    private static let endingSignals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

    /// A signal that the program takes or ignores is left alone.
    private static func restoreOnSignals() -> [Int32] {
        var replaced: [Int32] = []
        for signal in endingSignals {
            var current = sigaction()
            guard sigaction(signal, nil, &current) == 0, isDefault(current) else { continue }
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { signal in
                TerminalMode.restore()
                Glibc.signal(signal, SIG_DFL)
                raise(signal)
            }
            if sigaction(signal, &action, nil) == 0 { replaced.append(signal) }
        }
        return replaced
    }

    static func resetSignals(_ signals: [Int32]) {
        for signal in signals { Glibc.signal(signal, SIG_DFL) }
    }

    private static func isDefault(_ action: sigaction) -> Bool {
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0
    }
}
