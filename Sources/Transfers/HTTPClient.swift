import FileIO
import Primitives
import Threads

/// Sends requests over HTTP/1.1 and HTTP/2, many at once, from one thread of its own that keeps connections open.
///
/// - Redirects are answers like others; none is followed, as the signature of a request holds for one host only.
/// - `Expect: 100-continue` goes with bodies of more than 1 MiB: a server that refuses then says so before the body is sent,
///   where it would otherwise close the connection under it and its answer could be lost. Once a server takes a body
///   without having been heard, it is not asked again.
/// - Bodies are not decompressed. Headers of a response have at most 64 KiB together.
package final class HTTPClient: HTTPTransport {
    private let mailbox: Mailbox
    private let multi: MultiHandle
    private let thread: Locked<WorkerThread?>

    /// Starts the thread.
    ///
    /// - Parameter cancellation: ends all requests that are under way or wait when it comes. Later ones are still sent, so
    ///   that whoever was cancelled can clean up.
    /// - Throws: kind `local` where libcurl cannot start or the file with certificates cannot be read.
    package init(
        _ options: HTTPClientOptions = HTTPClientOptions(), cancellation: Cancellation? = nil
    ) throws(VarveError) {
        precondition(options.connections > 0, "a client has a connection")
        if let file = options.caCertificate {
            _ = try reportingErrors(as: .local) { () throws(SystemError) in try OpenFile.open(file) }
        }
        guard let multi = MultiHandle() else { throw VarveError(.local, "libcurl cannot be started") }
        let mailbox = Mailbox(multi)
        self.multi = multi
        self.mailbox = mailbox
        thread = Locked(
            WorkerThread(name: "http") {
                let clock = SystemClock()
                TransferLoop(options, mailbox, multi, now: clock.monotonicSeconds).run()
            })
        cancellation?.whenCancelled { [weak mailbox] in mailbox?.abort() }
    }

    deinit { close() }

    /// Waits until the whole response is there.
    package func send(_ request: HTTPRequest) throws(TransferFailure) -> HTTPResponse {
        let pending = PendingRequest(request)
        try mailbox.add(pending)
        return try pending.wait()
    }

    /// What went over the network so far; the bytes of a request are added when it ends.
    package var counts: TransferCounts { mailbox.counts }

    /// Ends the thread and all connections. What is under way or waits fails as cancelled, and so does what is sent later.
    package func close() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        mailbox.close()
        thread.join()
        multi.close()
    }
}
