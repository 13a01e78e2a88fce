import FileIO

/// What a request asks a server to do.
package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"

    fileprivate var usualPurpose: RequestPurpose {
        switch self {
        case .get, .head: .read
        case .put, .post: .write
        case .delete: .delete
        }
    }
}

/// A header line of a request or response; names of responses are in lower case.
package struct HTTPHeader: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a request sends.
package enum HTTPBody: Sendable {
    case none
    case bytes([UInt8])
    /// `count` bytes from `offset` on; the file must not change while the request runs.
    case file(OpenFile, offset: UInt64, count: UInt64)

    /// In bytes.
    package var count: UInt64 {
        switch self {
        case .none: 0
        case .bytes(let bytes): UInt64(bytes.count)
        case .file(_, _, let count): count
        }
    }
}

/// One request, complete: with all headers but those that the transport sets itself (`Host`, `Content-Length`, `User-Agent`).
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// Absolute, with everything percent-encoded that must be. It may name secrets in no part.
    package var url: String
    package var headers: [HTTPHeader]
    package var body: HTTPBody
    /// The most bytes of body that a response may have; more is a failure.
    package var responseLimit: Int
    /// As what it is counted.
    package var purpose: RequestPurpose

    /// - Parameter purpose: `nil` for what the method says: reading, writing or deleting.
    package init(
        _ method: HTTPMethod, _ url: String, headers: [HTTPHeader] = [], body: HTTPBody = .none,
        responseLimit: Int = 1 << 20, purpose: RequestPurpose? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.responseLimit = responseLimit
        self.purpose = purpose ?? method.usualPurpose
    }
}

/// What a server answered, whatever its status.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: [HTTPHeader]
    package var body: [UInt8]

    package init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of this name, which is given in lower case.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Whether the status says that the same request may succeed later: too many requests, or trouble of the server or on
    /// the way to it. 501 and 505 say that it never will.
    package var isTransient: Bool {
        [408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 522, 524, 529].contains(status)
    }

    /// For how many seconds the server asks to be left alone; `nil` where it does not, or names a date.
    package var retryAfter: Double? {
        guard let text = header("retry-after"), !text.isEmpty, text.utf8.count <= 9,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Double(text)
    }
}
