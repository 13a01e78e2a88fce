/// Sends requests, each once, and waits for the answer. All methods may be called from several threads.
package protocol HTTPTransport: Sendable {
    /// - Throws: where no whole response came. Any status is a response.
    func send(_ request: HTTPRequest) throws(TransferFailure) -> HTTPResponse
}

/// Why no whole response came.
package struct TransferFailure: Error, Hashable, Sendable {
    package enum Cause: Hashable, Sendable {
        /// The name of the server is unknown.
        case unresolvable
        /// Nobody answers there.
        case unreachable
        /// No progress, or the time for all of it is over.
        case timedOut
        /// The connection ended before the response did.
        case brokenOff
        /// The server's certificate is not to be trusted, or there is no common way to encrypt.
        case untrusted
        /// The response is larger than the request allows.
        case tooLarge
        /// The response is no HTTP.
        case malformed
        /// The request itself can not be sent: its URL or a header is none.
        case invalidRequest
        /// What was to be sent could not be read.
        case unreadableBody
        /// The work was ended.
        case cancelled
        /// Anything else that the library reports.
        case other
    }

    package var cause: Cause
    /// In words, with host and port, without secrets.
    package var problem: String

    package init(_ cause: Cause, _ problem: String) {
        self.cause = cause
        self.problem = problem
    }

    /// Whether the same request may succeed later.
    package var isRetryable: Bool {
        switch cause {
        case .unreachable, .timedOut, .brokenOff, .malformed, .other, .unresolvable: true
        case .untrusted, .tooLarge, .invalidRequest, .unreadableBody, .cancelled: false
        }
    }
}
