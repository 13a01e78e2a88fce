import Primitives
import Testing
import Transfers

@testable import RemoteBackends

@Suite("Refusals of S3")
struct S3FailureTests {
    private func failure(
        _ status: Int, _ code: String, message: String = "", _ more: String = "", headers: [HTTPHeader] = []
    ) throws -> S3Failure {
        let body = "<?xml version='1.0'?><Error><Code>\(code)</Code><Message>\(message)</Message>\(more)</Error>"
        let response = HTTPResponse(
            status: status, headers: headers, body: code.isEmpty ? [] : Array(body.utf8))
        return try #require(S3Failure(response, mayHoldError: true))
    }

    static let remedies: [(status: Int, code: String, message: String, remedy: S3Failure.Remedy)] = [
        (500, "InternalError", "", .wait), (503, "SlowDown", "", .wait), (503, "", "", .wait), (429, "", "", .wait),
        (400, "RequestTimeout", "", .wait), (409, "OperationAborted", "", .wait), (200, "InternalError", "", .wait),
        (409, "ConditionalRequestConflict", "", .wait), (502, "", "", .wait), (504, "", "", .wait),
        (400, "XAmzContentSHA256Mismatch", "", .waitBriefly), (400, "BadDigest", "", .waitBriefly),
        (400, "ExpiredToken", "", .renewCredentials), (403, "ExpiredToken", "", .renewCredentials),
        (400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put", .sendMD5),
        (400, "InvalidRequest", "something else", .none),
        (403, "InvalidAccessKeyId", "", .none), (403, "SignatureDoesNotMatch", "", .none),
        (403, "AccessDenied", "", .none),
        (404, "NoSuchBucket", "", .none), (404, "NoSuchKey", "", .none), (403, "RequestTimeTooSkewed", "", .none),
        (412, "PreconditionFailed", "", .none), (501, "NotImplemented", "", .none),
        (301, "PermanentRedirect", "", .none),
        (400, "AuthorizationHeaderMalformed", "", .none), (400, "", "", .none), (403, "", "", .none),
    ]

    @Test("waiting is for what passes, and nothing else", arguments: remedies)
    func remedy(status: Int, code: String, message: String, remedy: S3Failure.Remedy) throws {
        let failure = try failure(status, code, message: message)
        #expect(failure.remedy == remedy)
        let context = S3Failure.Context(
            operation: "do it", place: "s3:there", bucket: "b", keyID: "k", now: Timestamp(nanoseconds: 0))
        #expect(failure.asVarveError(context).isRetryable == (remedy == .wait))
    }

    @Test("a region that the server names is taken, from the body or a header; a strange one is not")
    func regions() throws {
        let inBody = try failure(400, "AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>")
        #expect(inBody.remedy == .region("eu-central-1"))
        let header = [HTTPHeader("x-amz-bucket-region", "garage")]
        #expect(try failure(301, "PermanentRedirect", headers: header).remedy == .region("garage"))
        #expect(try failure(400, "", headers: header).remedy == .region("garage"))
        #expect(try failure(403, "AccessDenied", headers: header).remedy == .none)
        #expect(try failure(503, "SlowDown", headers: header).remedy == .wait)
        for odd in ["a.evil.example/", "", "x y", String(repeating: "a", count: 61)] {
            #expect(try failure(301, "PermanentRedirect", "<Region>\(odd)</Region>").remedy == .none)
        }
    }

    @Test("200 with an error in its body is an error, where that can be; other bodies are none")
    func errorsThatSaySuccess() throws {
        #expect(try failure(200, "SlowDown").code == "SlowDown")
        for body in ["", "<CopyObjectResult/>", "<ListBucketResult><Error/></ListBucketResult>", "no XML"] {
            let response = HTTPResponse(status: 200, body: Array(body.utf8))
            #expect(S3Failure(response, mayHoldError: true) == nil)
        }
        let object = HTTPResponse(status: 200, body: Array("<Error><Code>SlowDown</Code></Error>".utf8))
        #expect(S3Failure(object, mayHoldError: false) == nil)
    }

    /// A code, a word that tells what it means, and one that tells what to do.
    static let explanations = [
        ("InvalidAccessKeyId", "key the-key", "AWS_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", "secret", "AWS_SECRET_ACCESS_KEY"),
        ("NoSuchBucket", "no bucket the-bucket", "check its name"), ("ExpiredToken", "expired", "new credentials"),
        ("AccessDenied", "AccessDenied", "s3:GetObject"), ("PermanentRedirect", "another region", "AWS_REGION"),
        ("InvalidObjectState", "archive", "restore"), ("QuotaExceeded", "quota", "varve prune"),
        ("Strange\u{7f}Thing", "Strange\\x7fThing", ""),
    ]

    @Test("what is refused is told in words, with what to do", arguments: explanations)
    func words(code: String, reason: String, advice: String) throws {
        let error = try failure(403, code).asVarveError(
            S3Failure.Context(
                operation: "write data/1", place: "s3:https://there/the-bucket", bucket: "the-bucket", keyID: "the-key",
                now: Timestamp(nanoseconds: 0)))
        #expect(error.kind == .storage)
        #expect(error.problem.hasPrefix("cannot write data/1 at s3:https://there/the-bucket: "))
        #expect(error.problem.contains(reason) && error.advice.contains(advice), "\(error)")
    }

    @Test(
        "a wrong clock is told with how wrong it is",
        arguments: [(1200, "20 minutes ahead of"), (-10800, "3 hours behind")] as [(Int64, String)])
    func skew(seconds: Int64, words: String) throws {
        let failure = try failure(403, "RequestTimeTooSkewed", "<ServerTime>2026-11-21T10:00:00Z</ServerTime>")
        let server = try #require(Timestamp(rfc3339: "2026-11-21T10:00:00Z"))
        let error = failure.asVarveError(
            S3Failure.Context(
                operation: "list data/", place: "s3:there", bucket: "b", keyID: "k",
                now: Timestamp(seconds: server.seconds + seconds, nanoseconds: 0)))
        #expect(error.problem.contains("the clock of this machine is \(words) the server's"), "\(error)")
        #expect(error.advice.contains("clock") && !error.isRetryable)
    }
}
