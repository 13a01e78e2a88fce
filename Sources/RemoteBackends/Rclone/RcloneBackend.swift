import Backends
import FileIO
import Glibc
import Primitives
import Sourcing
import Threads
import Transfers

/// A repository on a remote of rclone: OneDrive, Google Drive, B2, WebDAV and some sixty kinds of storage more.
///
/// It is a ``RESTBackend`` to an `rclone serve restic` of our own.
enum RcloneBackend {
    /// Starts rclone.
    ///
    /// - Throws: kind `usage` where there is no rclone or an option makes no sense, `storage` where rclone does not serve.
    static func make(_ remote: String, shown: String, _ options: BackendOptions) throws(VarveError) -> any Backend {
        guard let further = SSHCommand.words(of: options.variable("VARVE_RCLONE_ARGS") ?? "") else {
            throw VarveError(.usage, "a quote in VARVE_RCLONE_ARGS is not closed")
        }
        let command = RcloneCommand(program: try program(options), remote: remote, furtherArguments: further)
        let delay = try visibilityDelay(command, options)
        var clientOptions = HTTPClientOptions()
        clientOptions.connections = options.connections
        clientOptions.uploadLimit = options.uploadLimit ?? 0
        clientOptions.downloadLimit = options.downloadLimit ?? 0
        // After the last byte of a large object rclone may be busy with the storage for long.
        clientOptions.stallTimeout = 300
        let transport = try RcloneTransport(command, place: shown, options: options, client: clientOptions)
        var policy = RetryPolicy()
        // rclone has tried ten times itself before it reports a failure.
        policy.attemptLimit = 6
        let retrier = Retrier(
            place: shown, policy: policy, clock: options.clock, random: options.random,
            cancellation: options.cancellation, warn: options.warn)
        var settings = RESTBackend.Settings(
            location: shown, base: transport.address.base, concurrency: options.connections,
            cancellation: options.cancellation)
        settings.credentials = transport.address.credentials
        settings.visibilityDelay = delay
        settings.explain = { error in
            guard let line = transport.lastError, !error.problem.contains(line) else { return error }
            return VarveError(
                error.kind, "\(error.problem); rclone says: \(line.suffix(300))", advice: error.advice,
                isRetryable: error.isRetryable)
        }
        return RESTBackend(settings, transport, retrier)
    }

    /// The path of rclone.
    private static func program(_ options: BackendOptions) throws(VarveError) -> String {
        let name = options.rcloneProgram
        if let path = options.processEnvironment.find(name), access(path.display, X_OK) == 0 { return path.display }
        throw VarveError(
            .usage, "there is no program \(name)",
            advice: "install rclone (https://rclone.org/downloads), or name it in VARVE_RCLONE")
    }

    private static func visibilityDelay(
        _ command: RcloneCommand, _ options: BackendOptions
    ) throws(VarveError) -> Double {
        if let text = options.variable("VARVE_RCLONE_VISIBILITY_DELAY") {
            guard let seconds = Double(text), seconds >= 0, seconds <= 3600 else {
                throw VarveError(.usage, "VARVE_RCLONE_VISIBILITY_DELAY is no number of seconds from 0 to 3600")
            }
            return seconds
        }
        if let kind = RcloneCommand.kindInPlace(command.remote) { return RcloneCommand.visibilityDelay(ofKind: kind) }
        guard let name = RcloneCommand.remoteName(command.remote) else { return 0 }
        return RcloneCommand.visibilityDelay(ofKind: RcloneCommand.kind(of: name, in: remotes(command, options)))
    }

    /// What rclone says of its remotes; empty where it says nothing, for then it will not serve them either.
    private static func remotes(_ command: RcloneCommand, _ options: BackendOptions) -> String {
        guard
            let listing = try? PipedProgram(
                command.program, command.listingRemotes, environment: options.processEnvironment)
        else { return "" }
        listing.closeInput()
        options.cancellation.whenCancelled { [weak listing] in listing?.terminate(gracePeriod: .zero) }
        let bytes = (try? listing.output.readAll(limit: 1 << 20)) ?? []
        listing.terminate(gracePeriod: .seconds(5))
        return String(decoding: bytes, as: UTF8.self)
    }
}
