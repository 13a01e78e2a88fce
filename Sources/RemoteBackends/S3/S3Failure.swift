import Primitives
import Transfers

/// What a server of S3 says where it does not do what it was asked.
struct S3Failure: Hashable, Sendable {
    /// 200 where the body says that it is none.
    var status: Int
    /// "NoSuchKey"; empty where the answer has no body, as answers to `HEAD`.
    var code = ""
    var message = ""
    /// Where the bucket is, in the server's opinion.
    var region: String?
    /// What the server's clock shows.
    var serverTime: Timestamp?
    private var isTransientStatus = false
    var retryAfter: Double?

    /// - Returns: `nil` where the response says that all is well.
    init?(_ response: HTTPResponse, mayHoldError: Bool) {
        let isGood = (200..<300).contains(response.status)
        if isGood && !(mayHoldError && !response.body.isEmpty) { return nil }
        let root = try? XMLElement(parsing: response.body)
        // Some put the error into an envelope of its own.
        let error = root.flatMap { $0.name == "Error" ? $0 : $0["Error"] }
        if isGood && (error == nil || root?.name != "Error") { return nil }
        status = response.status
        isTransientStatus = response.isTransient
        retryAfter = response.retryAfter
        region = response.header("x-amz-bucket-region")
        guard let error else { return }
        code = S3Failure.printable(error.text(of: "Code"))
        message = S3Failure.printable(error.text(of: "Message"))
        region = region ?? error.text(of: "Region")
        serverTime = error.text(of: "ServerTime").flatMap { Timestamp(rfc3339: $0) }
    }

    init(status: Int, code: String = "", message: String = "") {
        self.status = status
        self.code = code
        self.message = message
        isTransientStatus = HTTPResponse(status: status).isTransient
    }

    /// The answer has more bytes than were asked for, and was not read.
    static let tooLarge = S3Failure(status: 200, code: "AnswerTooLarge")

    var isTooLarge: Bool { code == S3Failure.tooLarge.code }

    /// As people may read it: it comes from a server, and goes to terminals.
    private static func printable(_ text: String?) -> String { ByteString.display((text ?? "").utf8.prefix(300)) }

    /// What can be done about it at once, before anybody is told.
    enum Remedy: Hashable, Sendable {
        /// Sign for this region.
        case region(String)
        case renewCredentials
        /// Send the MD5 of bodies along, which buckets with object locks insist on.
        case sendMD5
        /// Try the same later.
        case wait
        /// Try the same later, but not for long: it may also be a fault that stays.
        case waitBriefly
        case none
    }

    var remedy: Remedy {
        if let region = wantedRegion { return .region(region) }
        switch code {
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired": return .renewCredentials
        case "InternalError", "SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable", "RequestTimeout",
            "Throttling", "ThrottlingException", "RequestThrottled", "TooManyRequests", "Busy", "OperationAborted",
            "ConditionalRequestConflict", "XMinioServerNotInitialized":
            return .wait
        case "BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody", "InvalidDigest": return .waitBriefly
        case "InvalidRequest", "MissingContentMD5", "InvalidArgument":
            return message.lowercased().contains("content-md5") ? .sendMD5 : .none
        case "NotImplemented": return .none
        default: return isTransientStatus ? .wait : .none
        }
    }

    private var wantedRegion: String? {
        guard let region, S3Failure.isName(region), !["ExpiredToken", "RequestTimeTooSkewed"].contains(code) else {
            return nil
        }
        // HEAD tells no code.
        let mayBeRegion = code.isEmpty && [301, 307, 400, 403].contains(status)
        return mayBeRegion || S3Failure.codesOfRegion.contains(code) ? region : nil
    }

    private static let codesOfRegion = [
        "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException",
        "InvalidRegionName", "InvalidRegion",
    ]

    private static func isName(_ text: String) -> Bool {
        (1...60).contains(text.utf8.count) && text.utf8.allSatisfy { $0.isLetterOrDigit || "-_".utf8.contains($0) }
    }

    var isMissingObject: Bool { status == 404 && !isMissingBucket && code != "NoSuchUpload" }
    var isMissingBucket: Bool { code == "NoSuchBucket" }
    var isMissingUpload: Bool { code == "NoSuchUpload" }

    /// Whether somebody who is known may not do this.
    var isRefusal: Bool {
        ["AccessDenied", "AllAccessDisabled", "MethodNotAllowed", "ObjectLocked", "AccessForbidden"].contains(code)
            || (code.isEmpty && [403, 405, 423].contains(status))
            || (["InvalidRequest", "OperationAborted", "Conflict"].contains(code)
                && message.lowercased().contains("worm"))
    }

    /// Whether a condition of the request did not hold.
    var isFailedCondition: Bool { status == 412 || code == "PreconditionFailed" }

    /// Whether the server does not know how to do what a header or a query asks for.
    var isUnknownFeature: Bool { status == 501 || code == "NotImplemented" }

    /// For messages: "the server answers 503 SlowDown (Please reduce your request rate)".
    var shown: String {
        "the server answers \(status)" + (code.isEmpty ? "" : " \(code)") + (message.isEmpty ? "" : " (\(message))")
    }
}
