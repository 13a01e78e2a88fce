import COpenSSL
import Hashing
import Primitives
import Transfers

/// What proves to a server of S3 who asks.
struct S3Credentials: Sendable {
    let keyID: String
    let secret: Secret
    /// Goes with keys that are lent for a time.
    let sessionToken: Secret?
    /// When they stop to be good; `nil` where nobody says.
    let expiration: Timestamp?

    init(keyID: String, secret: String, sessionToken: String? = nil, expiration: Timestamp? = nil) {
        self.keyID = keyID
        self.secret = Secret(secret)
        self.sessionToken = sessionToken.map(Secret.init)
        self.expiration = expiration
    }
}

/// Signs requests by AWS Signature Version 4, with the signature in a header.
///
/// Steps and names are those of "Authenticating Requests: Using the Authorization Header" in the API reference of Amazon S3.
struct RequestSigner: Sendable {
    let credentials: S3Credentials
    let region: String
    var service = "s3"

    /// What a signature covers.
    struct Subject: Sendable {
        var method: HTTPMethod
        /// Percent-encoded as ``S3Encoding`` does it.
        var path: String
        /// As ``S3Encoding/query(_:)`` makes it.
        var query: String
        /// All that are sent, `Host` included, but for those that the transport sets for itself.
        var headers: [HTTPHeader]
        /// SHA-256 of the body.
        var bodyHash: Digest
    }

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// The headers that a request needs beside those that it has: the time, the hash, the token and the signature.
    func headers(for subject: Subject, at time: Timestamp) -> [HTTPHeader] {
        var added = [
            HTTPHeader("x-amz-content-sha256", subject.bodyHash.hex),
            HTTPHeader("x-amz-date", RequestSigner.stamp(time)),
        ]
        if let token = credentials.sessionToken { added.append(HTTPHeader("x-amz-security-token", token.text)) }
        var signed = subject
        signed.headers += added
        let names = RequestSigner.canonical(signed.headers).map(\.name).joined(separator: ";")
        let value =
            "\(RequestSigner.algorithm) Credential=\(credentials.keyID)/\(scope(time)), SignedHeaders=\(names), "
            + "Signature=\(signature(of: signed, at: time))"
        return added + [HTTPHeader("Authorization", value)]
    }

    func signature(of subject: Subject, at time: Timestamp) -> String {
        let request = RequestSigner.canonicalRequest(subject)
        let hash = sha256(Array(request.utf8)).hex
        let text = [RequestSigner.algorithm, RequestSigner.stamp(time), scope(time), hash].joined(separator: "\n")
        var key = Array("AWS4".utf8) + credentials.secret.bytes
        for part in [String(RequestSigner.stamp(time).prefix(8)), region, service, "aws4_request"] {
            key = hmac(key, Array(part.utf8))
        }
        return Hex.encode(hmac(key, Array(text.utf8)))
    }

    static func canonicalRequest(_ subject: Subject) -> String {
        let headers = canonical(subject.headers)
        return [
            subject.method.rawValue, subject.path, subject.query,
            headers.map { "\($0.name):\($0.value)\n" }.joined(), headers.map(\.name).joined(separator: ";"),
            subject.bodyHash.hex,
        ].joined(separator: "\n")
    }

    /// Lower-case names in order, values without space at their ends and with single ones inside.
    private static func canonical(_ headers: [HTTPHeader]) -> [HTTPHeader] {
        headers.map { header in
            HTTPHeader(header.name.lowercased(), header.value.split(separator: " ").joined(separator: " "))
        }.sorted { $0.name < $1.name }
    }

    private func scope(_ time: Timestamp) -> String {
        "\(RequestSigner.stamp(time).prefix(8))/\(region)/\(service)/aws4_request"
    }

    /// "20260524T000000Z".
    static func stamp(_ time: Timestamp) -> String {
        time.rfc3339.prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" } + "Z"
    }

    private func sha256(_ bytes: [UInt8]) -> Digest { SHA256Hasher.digest(of: bytes) }

    private func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Digest.byteCount)
        HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, nil)
        return code
    }
}

/// How S3 wants the parts of a URL percent-encoded: everything but unreserved characters, with capital digits.
enum S3Encoding {
    private static let unreserved = "-._~"

    /// Of a key with its slashes.
    static func path(_ key: String) -> String { PercentEncoding.encode(key.utf8, keeping: unreserved + "/") }

    static func component(_ text: String) -> String { PercentEncoding.encode(text.utf8, keeping: unreserved) }

    /// "a=1&b=", in the order that a signature needs; empty where there is nothing.
    static func query(_ items: [(name: String, value: String)]) -> String {
        items.map { (component($0.name), component($0.value)) }.sorted { $0 < $1 }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }
}
