import Primitives
import Threads
import Transfers

/// One thread's requests on a connection, and the answers to them as they come.
final class SFTPExchange: Sendable {
    typealias Answer = (id: UInt32, response: SFTPResponse)

    /// Seconds without any answer after which the connection counts as dead. A server may need long to bring a large
    /// object to its disk.
    private static let patience = 300.0

    private struct State {
        var answers: [Answer] = []
        var failure: SFTPFailure?
    }

    let connection: SFTPConnection
    private let state = Monitored(State())

    init(_ connection: SFTPConnection) { self.connection = connection }

    /// Called by the thread that reads the connection.
    func receive(_ answer: Answer) { state.change { $0.answers.append(answer) } }

    /// The connection has ended: nothing comes any more.
    func fail(_ failure: SFTPFailure) {
        state.change { state in
            if state.failure == nil { state.failure = failure }
        }
    }

    /// Sends a request without waiting for its answer; gives the number that the answer will bear.
    @discardableResult
    func send(_ request: SFTPRequest) throws(SFTPFailure) -> UInt32 {
        try connection.send(request, for: self)
    }

    /// Sends a request whose answer makes no difference.
    func sendAndForget(_ request: SFTPRequest) {
        _ = try? connection.send(request, for: SFTPExchange(connection))
    }

    /// Waits for the next answer to any request that was sent.
    func answer() throws(SFTPFailure) -> Answer { try answer { $0.isEmpty ? nil : $0.startIndex } }

    /// Waits for the answer to one request.
    func answer(to id: UInt32) throws(SFTPFailure) -> SFTPResponse {
        try answer { answers in answers.firstIndex { $0.id == id } }.response
    }

    private func answer(_ choose: ([Answer]) -> Int?) throws(SFTPFailure) -> Answer {
        let result: Result<Answer, SFTPFailure>? = state.wait(atMost: SFTPExchange.patience) { state in
            if let index = choose(state.answers) { return .success(state.answers.remove(at: index)) }
            return state.failure.map { .failure($0) }
        }
        guard let result else {
            let failure = SFTPFailure.disconnected(
                TransferFailure(.timedOut, "the server did not answer for \(Int(SFTPExchange.patience)) s"))
            connection.breakOff(failure)
            throw failure
        }
        return try result.get()
    }

    // MARK: Requests with one answer

    /// Sends a request and waits for its answer.
    func ask(_ request: SFTPRequest) throws(SFTPFailure) -> SFTPResponse { try answer(to: send(request)) }

    /// - Throws: where the server does not answer that it is done.
    func carryOut(_ request: SFTPRequest) throws(SFTPFailure) {
        let response = try ask(request)
        guard case .outcome(let status) = response, status.code == .ok else { throw .unexpected(response) }
    }

    func handle(_ request: SFTPRequest) throws(SFTPFailure) -> SFTPRequest.Handle {
        let response = try ask(request)
        guard case .handle(let handle) = response else { throw .unexpected(response) }
        return handle
    }

    func attributes(_ request: SFTPRequest) throws(SFTPFailure) -> SFTPAttributes {
        let response = try ask(request)
        guard case .attributes(let attributes) = response else { throw .unexpected(response) }
        return attributes
    }

    /// The attributes of what has a path; `nil` where nothing has.
    func attributesIfThere(_ path: SFTPRequest.Path) throws(SFTPFailure) -> SFTPAttributes? {
        do throws(SFTPFailure) {
            return try attributes(.status(path))
        } catch {
            if error.isRefusal(.noSuchFile) { return nil }
            throw error
        }
    }
}
