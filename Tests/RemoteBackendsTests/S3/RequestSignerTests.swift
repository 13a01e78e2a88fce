import Hashing
import Primitives
import Testing
import Transfers

@testable import RemoteBackends

/// The examples of the API reference of Amazon S3, "Signature Calculations for the Authorization Header".
@Suite("Signatures of requests")
struct RequestSignerTests {
    private let signer = RequestSigner(
        credentials: S3Credentials(
            keyID: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region: "us-east-1")
    private let time = Timestamp(rfc3339: "2013-05-24T00:00:00Z") ?? Timestamp(nanoseconds: 0)

    private func subject(
        _ method: HTTPMethod, _ path: String, query: [(name: String, value: String)] = [],
        _ headers: [HTTPHeader] = [], body: String = ""
    ) -> RequestSigner.Subject {
        RequestSigner.Subject(
            method: method, path: S3Encoding.path(path), query: S3Encoding.query(query),
            headers: headers + [HTTPHeader("Host", "examplebucket.s3.amazonaws.com")],
            bodyHash: SHA256Hasher.digest(of: Array(body.utf8)))
    }

    private func signature(_ subject: RequestSigner.Subject) throws -> String {
        let value = try #require(signer.headers(for: subject, at: time).first { $0.name == "Authorization" }?.value)
        return String(try #require(value.split(separator: "Signature=").last))
    }

    @Test("getting a part of an object")
    func get() throws {
        let subject = subject(.get, "/test.txt", [HTTPHeader("Range", "bytes=0-9")])
        #expect(
            try signature(subject) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        let headers = signer.headers(for: subject, at: time)
        #expect(headers.first { $0.name == "x-amz-date" }?.value == "20130524T000000Z")
        #expect(
            headers.last?.value.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                    + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=") == true)
    }

    @Test("putting an object, whose name must be encoded")
    func put() throws {
        let headers = [
            HTTPHeader("Date", "Fri, 24 May 2013 00:00:00 GMT"),
            HTTPHeader("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ]
        #expect(
            try signature(subject(.put, "/test$file.text", headers, body: "Welcome to Amazon S3."))
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test("a query without a value, and one in order")
    func queries() throws {
        #expect(
            try signature(subject(.get, "/", query: [("lifecycle", "")]))
                == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        #expect(
            try signature(subject(.get, "/", query: [("prefix", "J"), ("max-keys", "2")]))
                == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test("a session token is sent and signed")
    func sessionToken() {
        let lent = RequestSigner(
            credentials: S3Credentials(keyID: "A", secret: "B", sessionToken: "the token"), region: "eu-west-1")
        let headers = lent.headers(for: subject(.get, "/"), at: time)
        #expect(headers.contains(HTTPHeader("x-amz-security-token", "the token")))
        #expect(headers.last?.value.contains("x-amz-date;x-amz-security-token, Signature=") == true)
        #expect(headers.last?.value.contains("/eu-west-1/s3/") == true)
    }

    @Test("space in the values of headers counts once, order and case of names not at all")
    func canonicalForm() {
        let subject = RequestSigner.Subject(
            method: .get, path: "/", query: "",
            headers: [HTTPHeader("X-B", "  a   b "), HTTPHeader("Host", "h"), HTTPHeader("x-a", "")],
            bodyHash: S3Request.hashOfNothing)
        #expect(
            RequestSigner.canonicalRequest(subject)
                == "GET\n/\n\nhost:h\nx-a:\nx-b:a b\n\nhost;x-a;x-b\n"
                + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test(
        "names in URLs are encoded as S3 wants it",
        arguments: [
            ("a b", "a%20b"), ("a+b", "a%2Bb"), ("-._~", "-._~"), ("é", "%C3%A9"), ("100%", "100%25"),
            ("(*)'!", "%28%2A%29%27%21"),
        ])
    func encoding(text: String, encoded: String) {
        #expect(S3Encoding.component(text) == encoded)
        #expect(S3Encoding.path("x/" + text) == "x/" + encoded)
        #expect(S3Encoding.component("/") == "%2F")
    }

    @Test("secrets are not printed")
    func secrecy() {
        let credentials = S3Credentials(keyID: "key", secret: "hidden-1", sessionToken: "hidden-2")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] {
            #expect(text.contains("key") && !text.contains("hidden"))
        }
    }
}
