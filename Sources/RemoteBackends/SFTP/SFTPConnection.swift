import FileIO
import Glibc
import Primitives
import Sourcing
import Threads
import Transfers

/// One `ssh` process with a server's SFTP behind it. Several threads use it at once, each by an ``SFTPExchange``.
///
/// A thread of its own reads the answers and hands each to the exchange that asked. It holds the connection alive until the
/// process has ended, which ``breakOff(_:)`` and ``end()`` bring about.
final class SFTPConnection: Sendable {
    private struct State {
        var nextID: UInt32 = 1
        var waiting: [UInt32: SFTPExchange] = [:]
        var greeting: SFTPGreeting?
        var limits = SFTPLimits.smallest
        var failure: SFTPFailure?
    }

    /// Seconds until the server must have greeted: logging in may take a few.
    private static let greetingPatience = 60.0

    private let place: String
    private let program: PipedProgram
    private let state = Monitored(State())
    /// Whether a thread is writing a packet.
    private let isSending = Monitored(false)

    /// Starts the process.
    ///
    /// - Parameter place: for messages.
    init(_ command: SSHCommand, _ environment: ProcessEnvironment, place: String) throws(SFTPFailure) {
        self.place = place
        do throws(SystemError) {
            program = try PipedProgram(command.program, command.arguments, environment: environment)
        } catch {
            let advice = error.isMissing ? "install openssh-client, or name another program by VARVE_SSH" : error.advice
            throw .failed(VarveError(.local, "cannot run \(command.program): \(error.reason)", advice: advice))
        }
        _ = WorkerThread(name: "sftp-answers") { [self] in receive() }
    }

    /// Greets the server and learns what it can do. Called once, before anything else is sent.
    func greet() throws(SFTPFailure) {
        try transmit(SFTPRequest.initialization)
        let result: Result<SFTPGreeting, SFTPFailure>? = state.wait(atMost: SFTPConnection.greetingPatience) { state in
            state.failure.map { .failure($0) } ?? state.greeting.map { .success($0) }
        }
        guard let result else {
            let failure = SFTPFailure.disconnected(
                TransferFailure(.timedOut, "ssh made no connection in \(Int(SFTPConnection.greetingPatience)) s"))
            breakOff(failure)
            throw failure
        }
        let greeting = try result.get()
        guard greeting.version == 3 else {
            end()
            throw .failed(
                VarveError(.storage, "the server at \(place) speaks version \(greeting.version) of SFTP, not version 3")
            )
        }
        guard greeting.extensions.contains(.limits) else { return }
        guard case .extendedReply(let reply) = try SFTPExchange(self).ask(.limits) else { return }
        guard let limits = try? SFTPLimits(decoding: reply) else { return }
        state.change { $0.limits = limits }
    }

    var limits: SFTPLimits { state.change { $0.limits } }

    func offers(_ name: SFTPExtension) -> Bool { state.change { $0.greeting?.extensions.contains(name) ?? false } }

    /// Whether requests can be sent.
    var isAlive: Bool { state.change { $0.failure == nil } }

    /// Sends a request whose answer goes to `exchange`; waits while the process takes no bytes.
    func send(_ request: SFTPRequest, for exchange: SFTPExchange) throws(SFTPFailure) -> UInt32 {
        let id = try state.change { state throws(SFTPFailure) in
            if let failure = state.failure { throw failure }
            // After four thousand million requests the numbers begin again; some of the first may still be in use.
            while state.waiting[state.nextID] != nil { state.nextID &+= 1 }
            defer { state.nextID &+= 1 }
            state.waiting[state.nextID] = exchange
            return state.nextID
        }
        try transmit(request.packet(id: id))
        return id
    }

    private func transmit(_ packet: [UInt8]) throws(SFTPFailure) {
        isSending.wait { isSending -> Bool? in
            if isSending { return nil }
            isSending = true
            return true
        }
        defer { isSending.change { $0 = false } }
        do throws(SystemError) {
            try program.send(packet)
        } catch {
            // The process has ended, or is about to: the reading thread finds out why.
            throw state.wait(atMost: 10) { $0.failure } ?? .disconnected(TransferFailure(.brokenOff, error.description))
        }
    }

    // MARK: The end

    /// Kills the process at once; all who wait get the failure.
    func breakOff(_ failure: SFTPFailure) {
        fail(failure)
        program.terminate(gracePeriod: .zero)
    }

    /// Ends the process in good order, where it takes at most a second.
    func end() {
        fail(.failed(VarveError(.storage, "the connection to \(place) was closed")))
        program.terminate(gracePeriod: .seconds(1))
    }

    /// The first failure counts.
    private func fail(_ failure: SFTPFailure) {
        let waiting: [SFTPExchange] = state.change { state in
            if state.failure == nil { state.failure = failure }
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for exchange in waiting { exchange.fail(failure) }
    }

    // MARK: The reading thread

    private func receive() {
        var stream = SFTPPacketStream()
        let buffer = Buffer(capacity: 1 << 18)
        do {
            while true {
                let count = try program.output.read(into: buffer.bytes)
                if count == 0 { break }
                stream.append(buffer.prefix(count))
                while let packet = try stream.next() { try dispatch(packet) }
            }
            let status = program.terminate(gracePeriod: .seconds(5))
            fail(
                SSHDiagnosis.failure(
                    lines: program.lastErrorLines, status: status, place: place, hadAnswered: hasGreeted))
        } catch let error as MalformedBytes {
            breakOff(malformed(error))
        } catch {
            breakOff(.disconnected(TransferFailure(.brokenOff, "cannot read from ssh: \(error)")))
        }
    }

    private var hasGreeted: Bool { state.change { $0.greeting != nil } }

    private func dispatch(_ packet: ArraySlice<UInt8>) throws {
        guard hasGreeted else {
            let greeting = try SFTPGreeting(decoding: packet)
            state.change { $0.greeting = greeting }
            return
        }
        let answer = try SFTPResponse.decode(packet)
        guard let exchange = state.change({ $0.waiting.removeValue(forKey: answer.id) }) else {
            throw MalformedBytes("SFTP answer: nothing was asked under the number \(answer.id)")
        }
        exchange.receive((answer.id, answer.1))
    }

    private func malformed(_ error: MalformedBytes) -> SFTPFailure {
        if hasGreeted { return .disconnected(TransferFailure(.malformed, error.description)) }
        return .failed(
            VarveError(
                .storage, "what answers at \(place) is no SFTP server: \(error)",
                advice: "where the account has a shell, its start-up files must print nothing"))
    }
}
