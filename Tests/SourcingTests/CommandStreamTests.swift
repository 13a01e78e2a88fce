import FileIO
import Glibc
import Synchronization
import Testing
import Threads

@testable import Sourcing

// Testing has one of its own.
private typealias ExitStatus = Sourcing.ExitStatus

@Suite struct CommandStreamTests {
    private let environment = ProcessEnvironment.inherited()

    private func start(_ command: String) throws -> CommandStream {
        try CommandStream(command, environment: environment)
    }

    private func run(_ command: String) throws -> (output: String, status: ExitStatus, errors: [String]) {
        let stream = try start(command)
        let output = try stream.output.readAll(limit: 1 << 24)
        return (String(decoding: output, as: UTF8.self), stream.wait(), stream.lastErrorLines)
    }

    /// Reads one line of what a running command writes.
    private func line(of stream: CommandStream) throws -> String {
        var line: [UInt8] = []
        while line.last != 0x0a {
            var byte: [UInt8] = [0]
            guard try byte.withUnsafeMutableBytes({ try stream.output.read(into: $0) }) == 1 else { break }
            line += byte
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }

    @Test func success() throws {
        let result = try run("echo one; echo two >&2; echo three")
        #expect(result.output == "one\nthree\n")
        #expect(result.status == .exited(code: 0) && result.status.isSuccess)
        #expect(result.errors == ["two"])
    }

    @Test func noOutput() throws {
        let result = try run("true")
        #expect(result.output.isEmpty && result.status.isSuccess && result.errors.isEmpty)
    }

    @Test func failingLate() throws {
        let result = try run("head -c 100000 /dev/zero; echo 'lost connection' >&2; exit 3")
        #expect(result.output.utf8.count == 100_000)
        #expect(result.status == .exited(code: 3) && !result.status.isSuccess)
        #expect(result.errors == ["lost connection"])
    }

    @Test func failingInsideAPipe() throws {
        #expect(try run("(echo part; exit 7) | cat").status == .exited(code: 7))
        #expect(try run("(echo part; exit 7) | cat").output == "part\n")
        #expect(try run("no-such-command-of-varve | cat").status == .exited(code: 127))
    }

    @Test func killed() throws {
        #expect(try run("kill -KILL $$").status == .signalled(SIGKILL))
        #expect(try run("(kill -KILL $BASHPID) | cat").status == .exited(code: 137))
    }

    @Test func explanations() {
        #expect(ExitStatus.exited(code: 3).explanation == "exited with status 3")
        #expect(ExitStatus.signalled(9).explanation == "was killed by signal 9 (SIGKILL)")
        #expect(ExitStatus.exited(code: 137).explanation.contains("signal 9 (SIGKILL)"))
        #expect(ExitStatus.exited(code: 255).explanation == "exited with status 255")
        #expect(ExitStatus.signalled(63).explanation == "was killed by signal 63")
    }

    @Test func standardInputIsEmpty() throws {
        #expect(try run("cat; read x || echo end").output == "end\n")
    }

    @Test func aMegabyteOfErrorsIsBounded() throws {
        let passed = Atomic(0)
        let stream = try CommandStream(
            "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo done; echo >&2; echo last >&2", environment: environment,
            passingErrors: { passed.add($0.count, ordering: .relaxed) })
        #expect(try stream.output.readAll(limit: 100) == Array("done\n".utf8))
        #expect(stream.wait().isSuccess)
        #expect(passed.load(ordering: .relaxed) == 1_000_006)
        #expect(stream.lastErrorLines.count == 2)
        #expect(stream.lastErrorLines.last == "last")
        #expect(stream.lastErrorLines.joined().utf8.count <= 4096)
    }

    @Test func theLastLinesAreKept() throws {
        let errors = try run("for i in $(seq 1 1000); do echo line $i >&2; done; printf '\\e[31m\\n' >&2").errors
        #expect(errors == (982...1000).map { "line \($0)" } + ["\\x1b[31m"])
        var lines = LastLines()
        for piece in ["a", "b\r", "c\n", "\n", "d"] { Array(piece.utf8).withUnsafeBytes { lines.append($0) } }
        #expect(lines.lines == ["ab", "c", "d"])
    }

    @Test func largeOutputReadInSmallPieces() throws {
        let stream = try start("head -c 3000000 /dev/zero")
        var piece = [UInt8](repeating: 1, count: 1000)
        var total = 0
        while true {
            let count = try piece.withUnsafeMutableBytes { try stream.output.read(into: $0) }
            if count == 0 { break }
            total += count
        }
        #expect(total == 3_000_000)
        #expect(stream.wait().isSuccess)
    }

    @Test func terminatingEndsTheWholeGroup() throws {
        let stream = try start("sleep 1000 & (sleep 1000; true) & echo ready; wait")
        #expect(try line(of: stream) == "ready")
        #expect(stream.terminate() == .signalled(SIGTERM))
        // The end of the stream is seen only once nobody is left who could write.
        #expect(try stream.output.readAll(limit: 100).isEmpty)
        #expect(stream.terminate() == .signalled(SIGTERM))
    }

    @Test func whatIgnoresTheRequestIsKilled() throws {
        let stream = try start("trap '' TERM; (while :; do sleep 1; done) & echo ready; wait")
        #expect(try line(of: stream) == "ready")
        #expect(stream.terminate(gracePeriod: .milliseconds(30)) == .signalled(SIGKILL))
        #expect(try stream.output.readAll(limit: 100).isEmpty)
    }

    @Test func whatCleansUpIsLeftTheTime() throws {
        let stream = try start("trap 'echo cleaned; exit 4' TERM; echo ready; while :; do sleep 0.01; done")
        #expect(try line(of: stream) == "ready")
        #expect(stream.terminate() == .exited(code: 4))
        #expect(try stream.output.readAll(limit: 100) == Array("cleaned\n".utf8))
    }

    @Test func whatIsStoppedEndsToo() throws {
        let stream = try start("echo ready; kill -STOP $$; sleep 1000")
        #expect(try line(of: stream) == "ready")
        #expect(stream.terminate() == .signalled(SIGTERM))
    }

    /// On threads of their own: tasks of one pool would wait for each other where it is busy.
    @Test func severalThreadsMayWait() throws {
        let stream = try start("echo ready; sleep 1000")
        #expect(try line(of: stream) == "ready")
        let waiters = (1...2).map { number in
            WorkerThread(name: "wait-\(number)") { #expect(stream.wait() == .signalled(SIGTERM)) }
        }
        #expect(stream.terminate() == .signalled(SIGTERM))
        for waiter in waiters { waiter.join() }
    }

    @Test func whatIsDroppedIsKilledAndReaped() throws {
        var stream: CommandStream? = try start("echo $$; sleep 1000")
        let process = try #require(Int32(stream.map { try line(of: $0) } ?? ""))
        let output = try #require(stream?.output)
        stream = nil
        #expect(try output.readAll(limit: 100).isEmpty)
        var status: Int32 = 0
        #expect(waitpid(process, &status, WNOHANG) == -1 && errno == ECHILD)
    }

    @Test func aProcessLeftInTheBackgroundIsNotWaitedFor() throws {
        let result = try run("sleep 1000 >/dev/null & echo $!; echo text >&2")
        #expect(result.status.isSuccess)
        #expect(result.errors == ["text"])
        let left = try #require(Int32(result.output.dropLast()))
        #expect(kill(left, SIGKILL) == 0)
    }

    @Test func secretsAreRemoved() throws {
        let variables = ["PATH": "/usr/bin:/bin", "VARVE_PASSWORD": "secret", "VARVE_PASS": "kept", "B": "a=b"]
        let environment = ProcessEnvironment(variables).dropping(["VARVE_PASSWORD", "AWS_SECRET_ACCESS_KEY"])
        #expect(environment.value(of: "VARVE_PASSWORD") == nil)
        #expect(environment.value(of: "B") == Array("a=b".utf8))
        let stream = try CommandStream("env", environment: environment)
        let lines = String(decoding: try stream.output.readAll(limit: 10_000), as: UTF8.self).split(separator: "\n")
        #expect(lines.contains("VARVE_PASS=kept") && lines.contains("B=a=b"))
        #expect(!lines.contains { $0.contains("secret") })
    }

    @Test func nothingIsInherited() throws {
        // An ignored signal and an open descriptor are what a process hands on by itself.
        signal(SIGUSR2, SIG_IGN)
        defer { signal(SIGUSR2, SIG_DFL) }
        let descriptor = dup(STDERR_FILENO)
        defer { close(descriptor) }
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0)
        #expect(try run("test ! -e /proc/$$/fd/\(descriptor)").status.isSuccess)
        #expect(try run("grep -E 'SigIgn|SigBlk' /proc/self/status | grep -v -c ' *0*$' ").status == .exited(code: 1))
        // No terminal is there to ask for a password.
        #expect(try !run("exec </dev/tty").status.isSuccess)
    }

    @Test func theExitStatusSurvivesAnIgnoredSIGCHLD() async {
        await #expect(processExitsWith: .exitCode(42)) {
            signal(SIGCHLD, SIG_IGN)
            let stream = try CommandStream("exit 42", environment: .inherited())
            if case .exited(let code) = stream.wait() { exit(code) }
        }
    }

    @Test func closedStandardDescriptorsDoNoHarm() async {
        await #expect(processExitsWith: .exitCode(42)) {
            for descriptor in STDIN_FILENO...STDERR_FILENO { close(descriptor) }
            let stream = try CommandStream("cat; echo out; echo err >&2", environment: .inherited())
            let output = try stream.output.readAll(limit: 100)
            let isRight = stream.wait().isSuccess && output == Array("out\n".utf8) && stream.lastErrorLines == ["err"]
            exit(isRight ? 42 : 1)
        }
    }

    @Test func withoutBashAShellDoes() throws {
        let bare = ProcessEnvironment(["PATH": "/nonexistent"])
        let stream = try CommandStream("echo a | while read x; do echo $x$x; done", environment: bare)
        #expect(try stream.output.readAll(limit: 100) == Array("aa\n".utf8))
        #expect(stream.warning?.contains("/bin/sh") == true)
        #expect(Shell(for: "false || echo", bare).warning == nil)
        #expect(Shell(for: "echo", bare).path == "/bin/sh")
        #expect(Shell(for: "a | b", environment).warning == nil)
    }

    @Test func whatCannotRunIsAnError() {
        #expect(throws: SystemError.self) { try start("echo\0x") }
        let large = ProcessEnvironment(["X": String(repeating: "x", count: 1 << 20)])
        #expect(throws: SystemError.self) { try CommandStream("true", environment: large) }
    }
}
