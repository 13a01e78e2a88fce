import CLinux
import Glibc
import Testing

/// A program that runs beside the test, in a process group of its own; its output goes to files.
///
/// Files instead of pipes: nothing can fill up while nobody reads, and the test can look at what is there at any time.
final class ChildProcess {
    let id: pid_t
    private let name: String
    private let output: String
    private let errors: String
    private var ended: Int32?

    /// - Parameter input: the file, FIFO or device that standard input comes from.
    init(
        _ arguments: [Argument], environment: [String: String], input: String, output: String, errors: String
    ) throws {
        name = arguments.map(\.description).joined(separator: " ")
        self.output = output
        self.errors = errors
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // Other tests of this process have connections open, which libcurl lets children inherit.
        _ = varve_spawn_close_from(&actions, STDERR_FILENO + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var id: pid_t = 0
        let words = CStrings(arguments)
        let variables = CStrings(environment.map { Argument("\($0)=\($1)") })
        let code = posix_spawnp(
            &id, arguments[0].description, &actions, &attributes, words.pointers, variables.pointers)
        if code != 0 { throw Files.Failure("run \(name)", code) }
        self.id = id
    }

    deinit { if ended == nil { _ = end() } }

    /// What it has written to standard error until now.
    var errorsSoFar: String { String(decoding: (try? Files.read(errors)) ?? [], as: UTF8.self) }

    func send(_ signal: Int32) { if ended == nil { kill(id, signal) } }

    /// Waits for its end; where that takes too long, ends it and fails the test.
    func wait(atMost seconds: Int = 300) throws -> Outcome {
        let hasEnded = Waiting.until(seconds: seconds) { poll() }
        if !hasEnded { Issue.record("\(name): still running after \(seconds) s; \(errorsSoFar)") }
        let status = hasEnded ? ended ?? 0 : end()
        let signal = status & 0x7f
        return Outcome(
            name: name, code: signal == 0 ? status >> 8 & 0xff : 128 + signal, output: try Files.read(output),
            errors: errorsSoFar)
    }

    /// Whether it has ended.
    func poll() -> Bool {
        if ended != nil { return true }
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG) == id else { return false }
        ended = status
        return true
    }

    private func end() -> Int32 {
        kill(-id, SIGKILL)
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        ended = status
        return status
    }
}

/// A word of a command line: bytes, as Linux has it.
struct Argument: ExpressibleByStringInterpolation, CustomStringConvertible {
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }
    init(_ text: String) { bytes = Array(text.utf8) }
    init(stringLiteral value: String) { self.init(value) }

    var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// A null-terminated array of C strings.
private final class CStrings {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ words: [Argument]) {
        pointers =
            words.map { word in
                let copy = UnsafeMutablePointer<CChar>.allocate(capacity: word.bytes.count + 1)
                for (index, byte) in word.bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
                copy[word.bytes.count] = 0
                return copy
            } + [nil]
    }

    deinit { for pointer in pointers { pointer?.deallocate() } }
}

/// Waiting for what another process does.
enum Waiting {
    /// Looks every few milliseconds whether `condition` holds; gives whether it came to hold in time.
    static func until(seconds: Int, _ condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !condition() {
            if ContinuousClock.now > deadline { return false }
            usleep(2000)
        }
        return true
    }
}
