import CLinux
import FileIO
import Glibc
import Threads

/// A program that serves on a loopback port, in a folder of its own, until the last reference to this goes.
///
/// It ends with all that it started, and its folder is removed, also when this process is killed: a shell in between
/// waits for the end of a pipe that this process holds open.
package final class ServerProcess: Sendable {
    package let name: String
    package let port: UInt16
    /// Removed at the end, with all that is in it.
    package let folder: BytePath
    /// What the program wrote to standard output and standard error.
    package var log: BytePath { folder.appending("server.log") }

    private let shell: pid_t
    private let lifeline: OpenFile
    private let isStopped = Locked(false)

    /// Starts `program` and waits until it answers.
    ///
    /// - Parameters:
    ///   - program: an absolute path. Its working directory is the folder.
    ///   - environment: all that it gets, beside a `PATH`, and its folder as `HOME`.
    ///   - port: taken where given; else a free one is chosen, and another where the program ends before it answers.
    ///   - seconds: how long it may take to answer.
    ///   - answers: whether the server at the port is ready; asked again and again.
    ///   - arguments: made from the port and the folder, into which it may write configuration files.
    package static func start(
        _ program: BytePath, environment: [String: String] = [:], port: UInt16? = nil, within seconds: Double = 60,
        answers: (UInt16) -> Bool = LoopbackPort.answers,
        arguments: (_ port: UInt16, _ folder: BytePath) throws -> [String]
    ) throws -> ServerProcess {
        var attempt = 1
        while true {
            let server = try ServerProcess(program, environment, port ?? LoopbackPort.free(), arguments)
            switch server.wait(atMost: seconds, until: answers) {
            case .answers: return server
            case .ended where port == nil && attempt < 3: attempt += 1
            case .ended: throw ServerFailure("\(server.name) ended before it answered", log: server.lastLines)
            case .isSilent: throw ServerFailure("\(server.name) did not answer in \(seconds) s", log: server.lastLines)
            }
        }
    }

    /// Runs the program in a group of its own, ends that when standard input ends, and removes the folder.
    private static let script = """
        set -m
        exec 3<&0 </dev/null
        folder=$1
        shift
        cd "$folder" || exit
        "$@" 3<&- &
        server=$!
        { read -r -u 3; kill -KILL -- "-$server"; } 2>/dev/null &
        watcher=$!
        wait "$server"
        echo "$?" >"$folder/ended"
        # Only the end of the pipe says that nobody wants to read the log any more.
        wait "$watcher"
        # What is dying may still write for a moment.
        for attempt in {1..50}; do rm -rf -- "$folder" 2>/dev/null && break || sleep 0.1; done
        """

    private init(
        _ program: BytePath, _ environment: [String: String], _ port: UInt16,
        _ arguments: (UInt16, BytePath) throws -> [String]
    ) throws {
        self.port = port
        name = String(decoding: program.lastComponent, as: UTF8.self)
        let scratch = BytePath(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
        folder = scratch.appending("varve-server-\(UInt64.random(in: 0 ... .max))")
        try folder.makeDirectory()
        let variables = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": folder.display]
            .merging(environment) { $1 }.map { "\($0)=\($1)" }
        let log = try OpenFile.open(folder.appending("server.log"), .writeOnly, [.create, .append])
        var ends: [Int32] = [-1, -1]
        guard varve_pipe(&ends) == 0 else { throw SystemError(errnoCode: errno, operation: "make", path: "a pipe") }
        let input = OpenFile(adopting: ends[0], path: "lifeline")
        lifeline = OpenFile(adopting: ends[1], path: "lifeline")
        shell = try ServerProcess.spawn(
            ["bash", "-c", ServerProcess.script, "bash", folder.display, program.display] + arguments(port, folder),
            variables, input: input.descriptor, output: log.descriptor)
        withExtendedLifetime((input, log)) {}
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String], input: Int32, output: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        _ = varve_spawn_close_from(&actions, STDERR_FILENO + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // A session of its own: what is typed at the terminal ends the tests, and that ends the server.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | varve_POSIX_SPAWN_SETSID)
        let strings = (arguments.map { strdup($0) } + [nil], environment.map { strdup($0) } + [nil])
        defer { for string in strings.0 + strings.1 { free(string) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, "/bin/bash", &actions, &attributes, strings.0, strings.1)
        if code != 0 { throw SystemError(errnoCode: code, operation: "run", path: "/bin/bash") }
        return process
    }

    deinit { stop() }

    /// Kills the program and all that it started, and waits until that is done. A second call does nothing.
    package func stop() {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        guard isFirst else { return }
        try? lifeline.close()
        while waitpid(shell, nil, 0) < 0, errno == EINTR {}
    }

    /// The end of ``log``, 20 lines at most.
    package var lastLines: String {
        let bytes = (try? OpenFile.open(log).readAll(limit: 1 << 26)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(20).joined(separator: "\n")
    }

    private enum Readiness { case answers, ended, isSilent }

    private func wait(atMost seconds: Double, until answers: (UInt16) -> Bool) -> Readiness {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            // Asked first, so that a stranger's server at the port is not taken for one that has ended.
            if hasEnded { return .ended }
            if answers(port) { return .answers }
            usleep(20_000)
        }
        return .isSilent
    }

    private var hasEnded: Bool { (try? FileMetadata.read(folder.appending("ended"))) != nil }
}

/// A server that did not start, with the end of what it wrote.
package struct ServerFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ problem: String, log: String = "") {
        description = log.isEmpty ? problem : "\(problem); the end of its log:\n\(log)"
    }
}
