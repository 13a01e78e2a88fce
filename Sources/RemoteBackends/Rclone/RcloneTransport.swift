import FileIO
import Primitives
import Sourcing
import Threads
import Transfers

/// Sends requests to an rclone that it starts, and starts anew once where that ends before its time.
final class RcloneTransport: ClosableTransport {
    let address: RcloneAddress
    private let client: HTTPClient
    private let command: RcloneCommand
    private let environment: ProcessEnvironment
    private let place: String
    private let warn: @Sendable (String) -> Void
    private let cancellation: Cancellation

    private struct State {
        var process: RcloneProcess
        var wasRestarted = false
        var end: VarveError?
        /// Whether a thread is starting it anew.
        var isStarting = false
        var isClosed = false
        /// Requests under way.
        var pending = 0
    }

    private let state: Monitored<State>

    /// How long rclone may take until it serves, in seconds: it may have to renew its access to the storage first.
    private static let startLimit = 60.0

    /// Starts rclone and waits until it serves.
    ///
    /// - Parameter place: for messages, without secrets.
    /// - Throws: kind `usage` where there is no rclone, `storage` where it ends or does not serve in time, `cancelled`.
    init(
        _ command: RcloneCommand, place: String, options: BackendOptions, client options2: HTTPClientOptions
    ) throws(VarveError) {
        self.command = command
        self.place = place
        warn = options.warn
        cancellation = options.cancellation
        let environment = options.processEnvironment
        self.environment = environment
        let folder = RcloneTransport.socketFolder(options)
        let start = { (address: RcloneAddress, folder: BytePath) throws(VarveError) -> RcloneProcess? in
            try RcloneTransport.start(command, at: address, folder, environment, place, options.cancellation)
        }
        var found = RcloneAddress.socket(folder.appending("socket"))
        var process = try start(found, folder)
        if process == nil {
            found = try RcloneAddress.freePort(options.random)
            process = try start(found, RcloneTransport.socketFolder(options))
        }
        guard let process else { throw RcloneTransport.failure(place, "knows neither sockets nor ports", []) }
        address = found
        state = Monitored(State(process: process))
        var clientOptions = options2
        clientOptions.unixSocket = address.socket
        clientOptions.usesProxies = false
        clientOptions.caCertificate = nil
        do throws(VarveError) {
            client = try HTTPClient(clientOptions, cancellation: options.cancellation)
        } catch {
            process.stop()
            throw error
        }
    }

    private static func socketFolder(_ options: BackendOptions) -> BytePath {
        let name = "varve-rclone-" + Hex.encode(options.random.bytes(8))
        let folder = options.temporaryRoot.appending(name)
        let isShort = folder.appending("socket").bytes.count <= RcloneAddress.socketPathLimit
        return isShort && folder.isAbsolute ? folder : BytePath("/tmp").appending(name)
    }

    /// - Returns: `nil` where this rclone knows no addresses of that kind.
    private static func start(
        _ command: RcloneCommand, at address: RcloneAddress, _ folder: BytePath, _ environment: ProcessEnvironment,
        _ place: String, _ cancellation: Cancellation
    ) throws(VarveError) -> RcloneProcess? {
        try reportingErrors(as: .local) { () throws(SystemError) in _ = try folder.makeDirectory() }
        let variables = environment.dropping(RcloneAddress.unwantedVariables).setting(address.variables)
        let process = try RcloneProcess(command.serving(at: address), folder: folder, environment: variables)
        if process.waitUntilServing(address, within: startLimit, cancellation) { return process }
        let status = process.exitStatus()
        process.stop()
        try cancellation.check()
        let lines = process.lastLines
        if address.socket != nil, lines.contains(where: { $0.contains("listen tcp") || $0.contains("too many colons") })
        {
            return nil
        }
        throw failure(place, status.map(\.explanation) ?? "does not serve after \(Int(startLimit)) s", lines)
    }

    private static func failure(_ place: String, _ problem: String, _ lines: [String]) -> VarveError {
        VarveError(
            .storage, "cannot reach \(place): rclone \(problem)" + said(lines),
            advice: "try `rclone lsd REMOTE:` by itself, with the same configuration")
    }

    /// What rclone wrote last, for the end of a sentence.
    private static func said(_ lines: [String]) -> String {
        let end = lines.suffix(3).joined(separator: " / ").suffix(400)
        return end.isEmpty ? "" : ": \(end)"
    }

    // MARK: Transport

    var counts: TransferCounts { client.counts }
    var end: VarveError? { state.change { $0.end } }

    /// The last line about an error that rclone wrote.
    var lastError: String? {
        state.change { $0.process }.lastLines.last { $0.contains("ERROR") || $0.contains("Failed") }
    }

    func send(_ request: HTTPRequest) throws(TransferFailure) -> HTTPResponse {
        let process = state.change { state in
            state.pending += 1
            return state.process
        }
        defer { state.change { $0.pending -= 1 } }
        do throws(TransferFailure) {
            return try client.send(request)
        } catch {
            switch error.cause {
            case .unreachable, .brokenOff, .malformed, .timedOut, .other: throw recovered(from: error, process)
            default: throw error
            }
        }
    }

    /// Where rclone has ended, starts it anew, once; many threads may come here at once.
    private func recovered(from failure: TransferFailure, _ process: RcloneProcess) -> TransferFailure {
        guard let status = process.exitStatus(within: 1) else { return failure }
        let mayStart = state.wait { state -> Bool? in
            if state.isStarting { return nil }
            guard state.process === process, state.end == nil, !state.isClosed else { return false }
            if state.wasRestarted {
                state.end = RcloneTransport.failure(place, status.explanation + " again", process.lastLines)
                return false
            }
            state.isStarting = true
            return true
        }
        let problem = "rclone \(status.explanation)" + RcloneTransport.said(process.lastLines)
        if mayStart { startAnew(problem) }
        return TransferFailure(.brokenOff, problem)
    }

    private func startAnew(_ problem: String) {
        warn("\(problem); it is started anew")
        let folder = address.socket?.parent ?? BytePath("/tmp/varve-rclone-\(Hex.encode(SystemRandom().bytes(8)))")
        var new: RcloneProcess?
        var failure: VarveError?
        do throws(VarveError) {
            new = try RcloneTransport.start(command, at: address, folder, environment, place, cancellation)
        } catch {
            failure = error
        }
        let isUnwanted = state.change { state in
            state.isStarting = false
            state.wasRestarted = true
            state.end = failure
            if let new { state.process = new }
            return state.isClosed
        }
        if isUnwanted { new?.stop() }
    }

    func close() {
        let (process, wasBusy) = state.change { state in
            state.isClosed = true
            return (state.process, state.pending > 0)
        }
        client.close()
        // Time for rclone to see that a write has broken off, and to clear away what it has of it.
        if wasBusy { _ = process.exitStatus(within: 0.5) }
        process.stop()
    }
}
