import Glibc
import Testing

@testable import CommandLineSupport

@Suite(.serialized) struct TerminalPromptTests {
    /// A pseudo-terminal: the test sits at it, the prompt is on its other side.
    private final class Terminal: Sendable {
        let person: Int32
        let path: String
        /// Held open, or the terminal would forget its settings when the prompt closes it.
        private let program: Int32

        init() {
            var ends: (person: Int32, program: Int32) = (-1, -1)
            var name = [CChar](repeating: 0, count: 64)
            precondition(openpty(&ends.person, &ends.program, &name, nil, nil) == 0)
            (person, program) = ends
            path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            for end in [person, program] { precondition(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
        }

        deinit {
            close(person)
            close(program)
        }

        var echoes: Bool {
            var settings = termios()
            precondition(tcgetattr(person, &settings) == 0)
            return settings.c_lflag & tcflag_t(ECHO) != 0
        }

        func type(_ text: String) {
            let bytes = Array(text.utf8)
            precondition(write(person, bytes, bytes.count) == bytes.count)
        }

        /// Waits until so much is shown.
        func read(until end: String) -> String {
            var shown: [UInt8] = []
            var byte: UInt8 = 0
            while !shown.reversed().starts(with: end.utf8.reversed()), Glibc.read(person, &byte, 1) == 1 {
                shown.append(byte)
            }
            return String(decoding: shown, as: UTF8.self)
        }
    }

    private enum Answer: Equatable {
        case line([UInt8]?)
        case interrupted
    }

    /// Asks on the terminal's other side, lets `person` answer once the prompt is shown, and tells what came of it.
    private func answer(on terminal: Terminal, person: () -> Void) -> Answer {
        let answer = Monitor<Answer?>(nil)
        let thread = onThread { [path = terminal.path] in
            var result = Answer.interrupted
            if let line = try? TerminalPrompt.readPassword(prompt: "password: ", terminal: path) {
                result = .line(line)
            }
            answer.withLock { $0 = result }
        }
        #expect(terminal.read(until: "password: ") == "password: ")
        #expect(!terminal.echoes)
        person()
        pthread_join(thread, nil)
        #expect(terminal.echoes)
        #expect(terminal.read(until: "\n") == "\r\n")
        return answer.withLock { $0 } ?? .interrupted
    }

    @Test func readsWithoutEcho() {
        let terminal = Terminal()
        #expect(answer(on: terminal) { terminal.type("sécret\n") } == .line(Array("sécret".utf8)))
        #expect(answer(on: terminal) { terminal.type("\r") } == .line([]))
    }

    @Test func controlCGivesUpAndRestores() {
        let terminal = Terminal()
        #expect(answer(on: terminal) { terminal.type("abc\u{3}") } == .interrupted)
        #expect(answer(on: terminal) { terminal.type("\u{4}") } == .interrupted)
    }

    @Test func restoresAtTheProgramsWish() {
        let terminal = Terminal()
        let answer = answer(on: terminal) {
            TerminalPrompt.restoreTerminal()
            #expect(terminal.echoes)
            // It still waits, in the terminal's own way now, and shows what is typed.
            terminal.type("x\n")
            #expect(terminal.read(until: "\n") == "x\r\n")
        }
        #expect(answer == .line(Array("x".utf8)))
    }

    @Test func restoresWhenASignalEndsTheProcess() async {
        let terminal = Terminal()
        setenv("VARVE_TEST_TERMINAL", terminal.path, 1)
        await #expect(processExitsWith: .signal(SIGTERM)) {
            let path = String(cString: getenv("VARVE_TEST_TERMINAL"))
            _ = onThread {
                let descriptor = open(path, O_RDWR | O_NOCTTY)
                var settings = termios()
                // The signal comes once the echo is off.
                repeat { tcgetattr(descriptor, &settings) } while settings.c_lflag & tcflag_t(ECHO) != 0
                kill(getpid(), SIGTERM)
            }
            _ = try TerminalPrompt.readPassword(prompt: "password: ", terminal: path)
        }
        #expect(terminal.echoes)
    }

    @Test func isNilWithoutATerminal() throws {
        #expect(try TerminalPrompt.readPassword(prompt: "", terminal: "/nonexistent") == nil)
        #expect(try TerminalPrompt.readPassword(prompt: "", terminal: "/dev/null") == nil)
    }
}

struct PasswordLineTests {
    private func read(_ text: String) -> (bytes: [UInt8], last: PasswordLine.Step) {
        var line = PasswordLine()
        var last = PasswordLine.Step.more
        for byte in text.utf8 { last = line.accept(byte) }
        return (line.bytes, last)
    }

    @Test(arguments: [
        ("abc\n", "abc"), ("abc\r", "abc"), ("abx\u{7f}c\n", "abc"), ("a\u{8}\u{8}b\n", "b"), ("aé\u{7f}b\n", "ab"),
        ("😀\u{7f}\n", ""), ("abc\u{15}d\n", "d"), ("a\u{1a}b\u{4}c\n", "abc"), ("\n", ""), ("a b\t\n", "a b\t"),
    ])
    func edits(typed: String, expected: String) {
        let result = read(typed)
        #expect(result.bytes == Array(expected.utf8) && result.last == .done)
    }

    @Test(arguments: ["\u{3}", "abc\u{3}", "abc\u{1c}", "\u{4}", "a\u{7f}\u{4}"])
    func givesUp(typed: String) { #expect(read(typed).last == .interrupted) }
}
