import Primitives

extension S3Failure {
    /// What an error is about.
    struct Context: Sendable {
        /// A verb with its object: "write data/3f2a…".
        var operation: String
        /// For messages, without secrets.
        var place: String
        var bucket: String
        var keyID: String
        /// Of this machine.
        var now: Timestamp
    }

    /// The error that leaves the module.
    func asVarveError(_ context: Context) -> VarveError {
        let (reason, advice) = explanation(context)
        return VarveError(
            .storage, "cannot \(context.operation) at \(context.place): \(reason)", advice: advice,
            isRetryable: remedy == .wait)
    }

    private func explanation(_ context: Context) -> (reason: String, advice: String) {
        switch code {
        case "InvalidAccessKeyId", "InvalidAccessKey", "InvalidClientTokenId", "UnrecognizedClientException":
            return (
                "the server does not know the access key \(ByteString.display(context.keyID.utf8))",
                "check AWS_ACCESS_KEY_ID, or the profile that AWS_PROFILE names"
            )
        case "SignatureDoesNotMatch":
            return (
                "the server refuses the signature: the secret of access key \(ByteString.display(context.keyID.utf8)) is another",
                "check AWS_SECRET_ACCESS_KEY, or the profile that AWS_PROFILE names"
            )
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken":
            return (
                "the session token has expired or is not valid",
                "get new credentials; AWS_SESSION_TOKEN goes with temporary keys alone"
            )
        case "RequestTimeTooSkewed": return (skew(context), "set the clock of this machine, best by NTP")
        case "NoSuchBucket":
            return (
                "there is no bucket \(context.bucket)",
                "check its name; `varve init` makes a bucket where there is none and the keys may do so"
            )
        case "InvalidBucketName":
            return (
                "\(context.bucket) can be no bucket's name",
                "use 3 to 63 small letters, digits and hyphens"
            )
        case "BucketAlreadyExists", "BucketAlreadyOwnedByYou":
            return ("the bucket \(context.bucket) belongs to somebody else", "choose another name")
        case "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "InvalidRegion",
            "InvalidRegionName", "IllegalLocationConstraintException":
            return (
                "the bucket is in another region, and the server does not say in which (\(shown))",
                "name it by AWS_REGION, and give the endpoint of that region"
            )
        case "InvalidObjectState":
            return (
                "the object lies in an archive and cannot be read as it is",
                "have the storage restore it, and choose a class without restoring for packs"
            )
        case "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "StorageQuotaExceeded", "XMinioStorageFull",
            "InsufficientStorage":
            return (
                "the storage is full or a quota is reached", "free some space there, run `varve prune`, or raise it"
            )
        case "InvalidStorageClass":
            return ("the server does not know the storage class", "give one that it has, or none")
        case "XAmzContentSHA256Mismatch", "BadDigest":
            return ("the server got other bytes than we sent", "look for what changes them on the way: a proxy, memory")
        case S3Failure.tooLarge.code:
            return ("the answer is larger than what was asked for", "check that the address names a server of S3")
        default: return (shown, isRefusal ? refusalAdvice(context) : generalAdvice)
        }
    }

    private func refusalAdvice(_ context: Context) -> String {
        "let a policy allow access key \(ByteString.display(context.keyID.utf8)) s3:ListBucket on the bucket, and "
            + "s3:GetObject, s3:PutObject and s3:DeleteObject on its objects"
    }

    private var generalAdvice: String {
        if (300..<400).contains(status) {
            return "give the address that the server wants, often https:// or another host"
        }
        if status == 404 { return "check the address: what answers there may be no storage of S3" }
        return ""
    }

    private func skew(_ context: Context) -> String {
        guard let serverTime else { return "the clock of this machine differs too much from the server's" }
        let seconds = context.now.seconds - serverTime.seconds
        let amount = abs(seconds) >= 7200 ? "\(abs(seconds) / 3600) hours" : "\(abs(seconds) / 60) minutes"
        return "the clock of this machine is \(amount) \(seconds > 0 ? "ahead of" : "behind") the server's"
    }
}
