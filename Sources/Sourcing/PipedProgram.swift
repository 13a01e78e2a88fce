import CLinux
import FileIO
import Glibc

/// A program that talks over its standard input and output, such as `ssh`.
///
/// It runs in a session of its own, without a terminal, so that it cannot ask for a password. Its input ends when this
/// process does, however that comes; programs of this kind end then.
/// The process stays a zombie until this object is gone.
package final class PipedProgram: Sendable {
    /// The reading end of its standard output.
    package let output: OpenFile
    /// A socket, because writing to one can fail without a signal.
    private let input: OpenFile
    private let process: ChildProcess
    private let errors: ErrorReader

    /// - Parameters:
    ///   - program: looked for on the `PATH` of `environment` where it has no slash.
    ///   - environment: all that the program gets: secrets must have been dropped.
    /// - Throws: `SystemError`, with `ENOENT` where there is no such program.
    package init(
        _ program: String, _ arguments: [String], environment: ProcessEnvironment
    ) throws(SystemError) {
        guard let path = environment.find(program) else {
            throw SystemError(errnoCode: ENOENT, operation: "run", path: program)
        }
        let (input, inputEnd) = try makeSocketPair("standard input of \(program)")
        let (output, outputEnd) = try makePipe("standard output of \(program)")
        let (errorOutput, errorEnd) = try makePipe("standard error of \(program)")
        PipeRoom.enlarge(output.descriptor)
        let errors = try ErrorReader(errorOutput, passing: nil)
        do throws(SystemError) {
            process = ChildProcess(
                try spawn(
                    path, ([program] + arguments).map { Array($0.utf8) }, environment.entries, input: inputEnd,
                    output: outputEnd, errors: errorEnd))
        } catch {
            errors.stop()
            throw error
        }
        self.input = input
        self.output = output
        self.errors = errors
    }

    deinit {
        if !process.hasExited { process.signalGroup(SIGKILL) }
        errors.stop()
        process.reap()
    }

    /// The last lines of standard error, 20 and 4 KiB at most; complete after ``wait()``.
    package var lastErrorLines: [String] { errors.lines }

    /// Writes all of `bytes` to its standard input; waits while it takes none. One thread at a time.
    ///
    /// - Throws: `SystemError`, with `EPIPE` where the program has ended or ``closeInput()`` was called.
    package func send(_ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    input.descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
                    Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw SystemError(errnoCode: errno, operation: "write to", path: input.path.display) }
            done += count
        }
    }

    /// Ends its standard input. Any thread may call it, at any time.
    package func closeInput() { shutdown(input.descriptor, Int32(SHUT_WR)) }

    /// Waits until the program has ended and what it wrote to standard error is read.
    package func wait() -> ExitStatus {
        let status = process.waitForEnd()
        errors.stop()
        errors.waitUntilEnded()
        return status
    }

    /// Ends its standard input, and kills the program and its group where it still runs after the grace period.
    @discardableResult
    package func terminate(gracePeriod: Duration) -> ExitStatus {
        closeInput()
        let deadline = ContinuousClock.now + gracePeriod
        while !process.hasExited, ContinuousClock.now < deadline { usleep(2_000) }
        process.signalGroup(SIGKILL)
        return wait()
    }
}
