import CLinux
import FileIO
import Glibc
import Primitives

/// A shell command whose standard output is read as a stream.
///
/// It runs in a session of its own: one group, which ``terminate(gracePeriod:)`` ends as a whole, and no terminal, so that
/// a command that asks for a password fails instead of waiting for ever. Standard input is empty.
/// The process stays a zombie until this object is gone, so that its number cannot meanwhile become a stranger's.
package final class CommandStream: Sendable {
    /// The reading end of standard output. Read it to its end, then call ``wait()``.
    package let output: OpenFile
    /// What the user should know about how the command is run.
    package let warning: String?

    private let process: ChildProcess
    private let errors: ErrorReader

    /// Passes standard error on to that of this process.
    package static let toStandardError: @Sendable ([UInt8]) -> Void = { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Runs `command` with bash and `pipefail`, so that a failure in any part of a pipe is a failure of the command.
    ///
    /// Where there is no bash on the PATH of `environment`, `/bin/sh` runs it.
    /// - Parameter environment: all that the command gets: secrets must have been dropped.
    /// - Parameter passingErrors: gets the standard error piece by piece, on another thread.
    /// - Throws: `SystemError` where the process cannot be started.
    package init(
        _ command: String, environment: ProcessEnvironment, passingErrors: (@Sendable ([UInt8]) -> Void)? = nil
    ) throws(SystemError) {
        let shell = Shell(for: command, environment)
        let (output, outputEnd) = try makePipe("standard output of \(command)")
        let (errorOutput, errorEnd) = try makePipe("standard error of \(command)")
        let errors = try ErrorReader(errorOutput, passing: passingErrors)
        do throws(SystemError) {
            process = ChildProcess(
                try spawn(shell.path, shell.arguments, environment.entries, output: outputEnd, errors: errorEnd))
        } catch {
            errors.stop()
            throw error
        }
        self.output = output
        self.errors = errors
        warning = shell.warning
        // The ends of the command are closed with their objects: from here on it alone holds them open.
    }

    /// Kills what is left of the command, where nobody waited for its end.
    deinit {
        if !process.hasExited { process.signalGroup(SIGKILL) }
        errors.stop()
        process.reap()
    }

    /// The last lines of standard error, 20 and 4 KiB at most; complete after ``wait()``.
    package var lastErrorLines: [String] { errors.lines }

    /// Waits until the command has ended and what it wrote to standard error is read. Any thread may call it, at any time.
    ///
    /// Processes that the command left behind in the background are not waited for.
    package func wait() -> ExitStatus {
        let status = process.waitForEnd()
        errors.stop()
        errors.waitUntilEnded()
        return status
    }

    /// Ends the command and all of its group: SIGTERM first, SIGKILL after the grace period, and returns how it ended.
    ///
    /// Who reads ``output`` on another thread sees its end.
    @discardableResult
    package func terminate(gracePeriod: Duration = .seconds(5)) -> ExitStatus {
        if !process.hasExited || !errors.hasEnded {
            process.signalGroup(SIGTERM)
            // A stopped process acts on SIGTERM only when it goes on.
            process.signalGroup(SIGCONT)
            // The shell may end before what it started: while anyone holds standard error open, the group is not gone.
            let deadline = ContinuousClock.now + gracePeriod
            while !process.hasExited || !errors.hasEnded, ContinuousClock.now < deadline { usleep(10_000) }
            process.signalGroup(SIGKILL)
        }
        return wait()
    }
}

/// Which shell runs a command.
struct Shell: Sendable {
    let path: BytePath
    let arguments: [[UInt8]]
    let warning: String?

    init(for command: String, _ environment: ProcessEnvironment) {
        let text = Array(command.utf8)
        if let bash = environment.find("bash") {
            path = bash
            arguments = [Array("bash".utf8), Array("-o".utf8), Array("pipefail".utf8), Array("-c".utf8), text]
            warning = nil
        } else {
            path = "/bin/sh"
            arguments = [Array("sh".utf8), Array("-c".utf8), text]
            warning =
                Shell.hasPipe(text)
                ? "there is no bash on PATH, so /bin/sh runs the command: only the last part of its pipe is seen to fail"
                : nil
        }
    }

    /// Whether a `|` stands alone, for `||` is no pipe.
    private static func hasPipe(_ command: [UInt8]) -> Bool {
        command.split(omittingEmptySubsequences: false) { $0 != UInt8(ascii: "|") }.contains { $0.count == 1 }
    }
}
