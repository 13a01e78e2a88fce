import FileIO
import Glibc
import Primitives
import Sourcing
import Threads

/// An `rclone serve restic` that runs until ``stop()`` or the end of this process, however that comes.
///
/// A shell stands between: it waits for a line or the end of its standard input, which only we hold open, and then ends rclone,
/// first with a signal that lets it clean up. Where no line came this process was killed: then rclone first gets time to see which writes have
/// broken off, and to clear away what it has of them. It writes of each to its standard error, and would end at once if nobody read that: what
/// it writes goes through a second reader, which drops it when we are gone.
final class RcloneProcess: Sendable {
    private let program: PipedProgram
    private let status: Monitored<ExitStatus?>

    /// `$1` is a folder to be removed at the end.
    private static let script = """
        exec 3<&0 </dev/null >&2
        folder=$1
        shift
        mkfifo -m 600 -- "$folder/errors" || exit
        { cat; exec cat >/dev/null; } <"$folder/errors" 3<&- &
        errors=$!
        "$@" >"$folder/errors" 2>&1 3<&- &
        server=$!
        { read -r _ <&3 || sleep 2; kill -TERM "$server"; sleep 5; kill -KILL "$server"; } >/dev/null 2>&1 &
        watcher=$!
        exec 3<&-
        wait "$server"
        status=$?
        kill "$watcher" 2>/dev/null
        wait "$errors"
        rm -f -- "$folder/socket" "$folder/errors"
        rmdir -- "$folder"
        exit "$status"
        """

    /// Starts the shell. Whether rclone gets up is another matter: see ``waitUntilServing(_:within:_:)``.
    ///
    /// - Parameter folder: removed when rclone has ended.
    init(_ command: [String], folder: BytePath, environment: ProcessEnvironment) throws(VarveError) {
        let arguments = ["-c", RcloneProcess.script, "sh", folder.display] + command
        let program = try reportingErrors(as: .local) { () throws(SystemError) in
            try PipedProgram("/bin/sh", arguments, environment: environment)
        }
        let status = Monitored<ExitStatus?>(nil)
        self.program = program
        self.status = status
        _ = WorkerThread(name: "rclone") {
            let end = program.wait()
            status.change { $0 = end }
        }
    }

    deinit { program.closeInput() }

    /// How it ended, waiting for that a while; `nil` where it runs.
    func exitStatus(within seconds: Double = 0) -> ExitStatus? { status.wait(atMost: seconds) { $0 } }

    /// The last lines of its standard error.
    var lastLines: [String] { program.lastErrorLines }

    /// Waits until it takes connections, has ended, or is too late.
    ///
    /// - Returns: whether it serves.
    func waitUntilServing(_ address: RcloneAddress, within seconds: Double, _ cancellation: Cancellation) -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline, !cancellation.isCancelled {
            if exitStatus() != nil { return false }
            switch address {
            case .socket(let path): if RcloneAddress.answers(path) { return true }
            // Whoever else listens there does not make rclone say so.
            case .port: if lastLines.contains(where: { $0.contains("Serving restic REST API") }) { return true }
            }
            if exitStatus(within: 0.02) != nil { return false }
        }
        return false
    }

    func stop() {
        try? program.send([UInt8(ascii: "\n")])
        program.terminate(gracePeriod: .seconds(8))
    }
}
