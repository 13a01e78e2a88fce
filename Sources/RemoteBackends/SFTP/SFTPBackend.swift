import Backends
import FileIO
import Primitives
import Threads
import Transfers

/// A repository in a folder of another host, over SFTP, with OpenSSH's client as the transport.
///
/// It lies there as in a local folder (`format-spec/layout.md`), so that it can be used on that host directly as well. What
/// breaks off with a connection is tried again on another.
package final class SFTPBackend: Backend {
    package let location: String
    let root: BytePath
    let meter: SFTPMeter
    let random: any RandomBytes
    private let connectionLimit: Int
    private let connections: SFTPConnections
    private let retrier: Retrier

    /// Nothing is asked of the server yet.
    ///
    /// - Throws: kind `usage` where the options make no sense.
    package init(_ options: SFTPOptions) throws(VarveError) {
        let place = options.location.shown
        let command = try SSHCommand(options.sshCommand, to: options.location)
        location = place
        root = BytePath(options.location.path)
        meter = SFTPMeter(options)
        random = options.random
        connectionLimit = max(options.connections, 1)
        let environment = options.environment
        connections = SFTPConnections(
            limit: connectionLimit, place: place, clock: options.clock, warn: options.warn
        ) { () throws(SFTPFailure) in
            try SFTPConnection(command, environment, place: place)
        }
        retrier = Retrier(
            place: place, policy: options.retries, clock: options.clock, random: options.random,
            cancellation: options.cancellation, warn: options.warn)
        options.cancellation.whenCancelled { [weak connections] in
            connections?.breakOff(.disconnected(TransferFailure(.cancelled, "the work was ended")))
        }
    }

    deinit { connections.close() }

    package var temporaryFolder: BytePath? { nil }
    package var traffic: Traffic? { meter.traffic }
    package func close() { connections.close() }

    /// One operation leaves a connection idle while it waits for an answer; two together seldom do.
    package var concurrency: Int { 2 * connectionLimit }

    /// Carries out an operation, again on another connection where one breaks off: `body` must allow for that.
    ///
    /// - Parameters:
    ///   - name: a verb with its object: "write data/3f2a…".
    ///   - body: gets the number of the attempt, from 1.
    /// - Throws: what the server refuses, as kind `storage`, unless `refusal` makes another error of it.
    func perform<Result>(
        _ kind: Traffic.Operation, _ name: String, refusal: (SFTPStatus) -> VarveError? = { _ in nil },
        _ body: (SFTPExchange, _ attempt: Int) throws(SFTPFailure) -> Result
    ) throws(VarveError) -> Result {
        try retrier.run(name) { attempt throws(TransferFailure) in
            meter.begin(kind)
            do throws(SFTPFailure) {
                return .done(
                    try connections.withExchange { exchange throws(SFTPFailure) in try body(exchange, attempt) })
            } catch {
                switch error {
                case .refused(let status): return .failed(refusal(status) ?? self.refusal(status, name))
                case .disconnected(let failure): throw failure
                case .failed(let error): return .failed(error)
                }
            }
        }
    }

    /// The error for what the server refused.
    func refusal(_ status: SFTPStatus, _ operation: String) -> VarveError {
        let reason = status.message.isEmpty ? "the server gives no reason" : status.message
        let advice: String
        switch status.code {
        case .permissionDenied: advice = "log in as a user who may do that, or change the permissions there"
        case .failure:
            advice = "the server says no more: its log may, and a full disk or a quota there is a common reason"
        case .unsupported: advice = "use a server that can do it, such as OpenSSH's"
        default: advice = ""
        }
        return VarveError(
            .storage, "cannot \(operation) at \(location): \(reason)", advice: advice,
            isRetryable: status.code == .connectionLost || status.code == .noConnection)
    }

    // MARK: Paths

    var configurationPath: BytePath { root.appending("config") }
    var temporaryFolderPath: BytePath { root.appending("tmp") }

    func folderPath(_ folder: StorageFolder) -> BytePath { root.appending(folder.rawValue) }

    func parentPath(_ name: ObjectName) -> BytePath {
        let folder = folderPath(name.folder)
        return name.folder == .data ? folder.appending(String(name.id.hex.prefix(2))) : folder
    }

    func path(_ name: ObjectName) -> BytePath { parentPath(name).appending(name.id.hex) }
}
