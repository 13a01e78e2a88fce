import CCurl
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
    /// Starts the thread.
    ///
    /// - Parameter cancellation: ends all requests that are under way or wait when it comes. Later ones are still sent, so
    ///   that whoever was cancelled can clean up.
    /// - Throws: kind `local` where libcurl cannot start or an option is unusable.
    package init(_ options: HTTPClientOptions = HTTPClientOptions(), cancellation: Cancellation? = nil) throws(VarveError) {
        fatalError("not yet")
    }

    /// Waits until the whole response is there.
    package func send(_ request: HTTPRequest) throws(TransferFailure) -> HTTPResponse {
        throw TransferFailure(.other, "not yet")
    }

    /// What went over the network since the start.
    package var counts: TransferCounts { TransferCounts() }

    /// Ends the thread and all connections. What is under way or waits fails as cancelled, and so does what is sent later.
    package func close() {}
}
