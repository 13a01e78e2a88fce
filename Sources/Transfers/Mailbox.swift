import Threads

/// A request that somebody waits for.
final class PendingRequest: Sendable {
    let request: HTTPRequest
    private let answer = Monitored<Result<HTTPResponse, TransferFailure>?>(nil)

    init(_ request: HTTPRequest) { self.request = request }

    func finish(_ result: Result<HTTPResponse, TransferFailure>) { answer.change { $0 = result } }

    func wait() throws(TransferFailure) -> HTTPResponse { try answer.wait { $0 }.get() }
}

/// What the senders leave for the thread that carries out their requests.
final class Mailbox: Sendable {
    private struct State {
        var waiting: [PendingRequest] = []
        /// Whether what is under way must end.
        var isAborted = false
        var isClosed = false
        var counts = TransferCounts()
    }

    /// What the thread is to do now.
    struct Orders {
        var isClosed: Bool
        var isAborted: Bool
        var requests: [PendingRequest]
    }

    private let state = Locked(State())
    private let multi: MultiHandle

    init(_ multi: MultiHandle) { self.multi = multi }

    /// - Throws: cause `cancelled` when closed.
    func add(_ pending: PendingRequest) throws(TransferFailure) {
        try state.withLock { state throws(TransferFailure) in
            guard !state.isClosed else { throw .ended }
            state.waiting.append(pending)
            // With the lock held, so that the handle outlives the call.
            multi.wake()
        }
    }

    /// Takes what is new, at most `room` requests.
    func take(room: Int) -> Orders {
        state.withLock { state in
            let requests = Array(state.waiting.prefix(max(room, 0)))
            state.waiting.removeFirst(requests.count)
            for pending in requests { state.counts.attempts[pending.request.purpose, default: 0] += 1 }
            defer { state.isAborted = false }
            return Orders(isClosed: state.isClosed, isAborted: state.isAborted, requests: requests)
        }
    }

    var hasWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Fails what waits and lets the thread end what is under way.
    func abort() { leave { $0.isAborted = true } }

    /// The same, for good.
    func close() { leave { $0.isClosed = true } }

    private func leave(_ note: (inout State) -> Void) {
        let dropped = state.withLock { state in
            guard !state.isClosed else { return [PendingRequest]() }
            note(&state)
            multi.wake()
            defer { state.waiting = [] }
            return state.waiting
        }
        for pending in dropped { pending.finish(.failure(.ended)) }
    }

    func count(sent: UInt64, received: UInt64) {
        state.withLock { state in
            state.counts.sentBytes += sent
            state.counts.receivedBytes += received
        }
    }

    var counts: TransferCounts { state.withLock { $0.counts } }
}

extension TransferFailure {
    /// For what did not come to its end because nobody wants it any more.
    static let ended = TransferFailure(.cancelled, "the transfer was cancelled")
}
