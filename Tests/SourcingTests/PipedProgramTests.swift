import FileIO
import Glibc
import Sourcing
import Testing

@Suite("A program that talks over pipes", .timeLimit(.minutes(60)))
struct PipedProgramTests {
    private func start(_ script: String) throws -> PipedProgram {
        try PipedProgram("sh", ["-c", script], environment: .inherited())
    }

    private func readAll(_ program: PipedProgram) throws -> String {
        String(decoding: try program.output.readAll(limit: 1 << 20), as: UTF8.self)
    }

    @Test("gets what is sent and ends when its input does")
    func conversation() throws {
        let program = try start("cat; echo end; echo trouble >&2; exit 3")
        try program.send(Array("one ".utf8))
        try program.send(Array("two ".utf8))
        program.closeInput()
        #expect(try readAll(program) == "one two end\n")
        #expect(program.wait() == .exited(code: 3))
        #expect(program.lastErrorLines == ["trouble"])
    }

    @Test("takes and gives more than any pipe holds")
    func large() throws {
        let program = try start("head -c 8000000 | wc -c")
        try program.send([UInt8](repeating: 7, count: 8_000_000))
        #expect(try readAll(program).contains("8000000"))
        #expect(program.wait().isSuccess)
    }

    @Test("that has ended makes sending an error, not the end of this process")
    func ended() throws {
        let program = try start("exit 0")
        _ = program.wait()
        let error = #expect(throws: SystemError.self) { try program.send([UInt8](repeating: 1, count: 1 << 20)) }
        #expect(error?.errnoCode == EPIPE || error?.errnoCode == ECONNRESET)
    }

    @Test("is killed with all it started where it does not end with its input")
    func stubborn() throws {
        let program = try start("sleep 600 & echo ready; sleep 600")
        #expect(try program.output.waitForBytes(milliseconds: 20_000))
        let start = ContinuousClock.now
        #expect(program.terminate(gracePeriod: .milliseconds(50)) == .signalled(SIGKILL))
        #expect(try readAll(program) == "ready\n")
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("that is nowhere is not found, and one with a slash is taken as it is")
    func search() throws {
        let error = #expect(throws: SystemError.self) {
            try PipedProgram("no-such-program", [], environment: .inherited())
        }
        #expect(error?.errnoCode == ENOENT)
        let environment = ProcessEnvironment(["PATH": "/nonexistent:/bin:/usr/bin"])
        #expect(environment.find("sh") == "/bin/sh")
        #expect(environment.find("./here") == "./here")
        #expect(ProcessEnvironment(["PATH": "/nonexistent"]).find("sh") == nil)
    }
}
