import Backends
import Primitives
import TestServers
import Testing
import Threads
import Transfers

@testable import RemoteBackends

/// What answers come to that real servers give seldom, or never should.
@Suite("Odd answers of S3", .timeLimit(.minutes(60)))
struct S3HostileTests {
    private func withBackend<R>(
        attempts: Int = 4, multipartThreshold: UInt64 = 64 << 20, _ answer: @escaping HostileServer.Answer,
        _ body: (S3Backend, HostileServer) throws -> R, options change: (inout BackendOptions) -> Void = { _ in }
    ) throws -> R {
        let server = try HostileServer(answer)
        defer { server.stop() }
        let backend = try S3Place(server).backend(change, attempts: attempts, multipartThreshold: multipartThreshold)
        defer { backend.close() }
        return try body(backend, server)
    }

    private static func refusal(_ status: Int, _ code: String, _ more: String = "") -> Reaction {
        .respond(status, ["Content-Type": "application/xml"], "<Error><Code>\(code)</Code>\(more)</Error>")
    }

    /// What goes wrong for a while.
    static let troubles: [(String, Reaction)] = [
        ("503", .slowDown), ("500", .respond(500)), ("429", .respond(429)), ("502", .respond(502, [:], "<html>")),
        ("RequestTimeout", refusal(400, "RequestTimeout")), ("a reset", .reset), ("a close", .closeWithoutResponse),
        ("half a body", .breakOff(after: 3, of: 5)), ("half the headers", .closeWithinHeaders),
        ("no HTTP", .garbage(Array("SSH-2.0-x\r\n".utf8))),
    ]

    @Test("what passes is tried again, each time with a new signature", arguments: troubles.map(\.0))
    func passing(what: String) throws {
        let trouble = try #require(S3HostileTests.troubles.first { $0.0 == what }?.1)
        try withBackend { request in
            request.number < 2 ? trouble : .respond(200, [:], "fine!")
        } _: { backend, server throws in
            #expect(try backend.read(name([1])) == Array("fine!".utf8))
            #expect(server.requests.count == 3)
        }
    }

    @Test("what stays is given up, and the error says that it may pass")
    func givenUp() throws {
        try withBackend { _ in
            .slowDown
        } _: { backend, server in
            let error = try storageFailure { try backend.put(name([1]), [1]) }
            #expect(error.kind == .storage && error.isRetryable && error.problem.contains("SlowDown"), "\(error)")
            #expect(server.requests.count == 4)
        }
    }

    /// Codes that no waiting helps.
    static let refusals = [
        (403, "InvalidAccessKeyId"), (403, "SignatureDoesNotMatch"), (403, "AccessDenied"), (404, "NoSuchBucket"),
        (403, "RequestTimeTooSkewed"), (400, "InvalidBucketName"), (400, "ExpiredToken"), (301, "PermanentRedirect"),
        (501, "NotImplemented"), (403, "InvalidObjectState"),
    ]

    @Test("what stays is not tried again", arguments: refusals)
    func finalRefusal(status: Int, code: String) throws {
        try withBackend { _ in
            S3HostileTests.refusal(status, code)
        } _: { backend, server in
            for error in [
                try storageFailure { try backend.read(name([1])) },
                try storageFailure { try backend.put(name([1]), [1]) },
                try storageFailure { try backend.list(.data) as [ListedObject] },
            ] {
                #expect(error.kind == .storage && !error.isRetryable, "\(error)")
                #expect(!"\(error)".contains("the-secret"))
            }
            #expect(server.requests.count == 3)
        }
    }

    @Test("a hash that the server finds wrong is tried again twice: bytes may change on the way")
    func wrongHash() throws {
        try withBackend { _ in
            S3HostileTests.refusal(400, "XAmzContentSHA256Mismatch")
        } _: { backend, server in
            let error = try storageFailure { try backend.put(name([1]), [2]) }
            #expect(error.problem.contains("other bytes") && server.requests.count == 3)
        }
    }

    @Test("every request says the hash of its body, and no secret")
    func hashes() throws {
        try withBackend { request in
            request.method == "GET" ? .respond(200, [:], "<ListBucketResult/>") : .respond(200)
        } _: { backend, server in
            let bytes: [UInt8] = Array(0..<200)
            try backend.put(name(bytes), bytes)
            _ = try backend.list(.data) as [ListedObject]
            try backend.delete(name(bytes))
            let hashes = server.requests.map { $0.header("x-amz-content-sha256") }
            #expect(hashes == [sha256(bytes).hex, sha256([]).hex, sha256([]).hex])
            #expect(server.requests[0].body == bytes)
            for request in server.requests {
                #expect(request.header("authorization")?.contains("Credential=the-key/") == true)
                #expect(!request.headers.contains { $0.value.contains("the-secret") })
            }
        }
    }

    @Test("a session token that has expired is replaced once, where there is a new one")
    func expiredToken() throws {
        let token = Locked("old")
        let answer: HostileServer.Answer = { request in
            request.header("x-amz-security-token") == "new"
                ? .respond(200, [:], "ok") : S3HostileTests.refusal(400, "ExpiredToken")
        }
        let change: (inout BackendOptions) -> Void = { options in
            options.variables = { variable in
                switch variable {
                case "AWS_ACCESS_KEY_ID": "key"
                case "AWS_SECRET_ACCESS_KEY": "the-secret"
                case "AWS_SESSION_TOKEN": token.withLock { $0 }
                default: nil
                }
            }
        }
        try withBackend(answer) { backend, server in
            let error = try storageFailure { try backend.read(name([1])) }
            #expect(error.problem.contains("expired") && server.requests.count == 1)
            token.withLock { $0 = "new" }
            #expect(try backend.read(name([1])) == Array("ok".utf8))
            #expect(server.requests.count == 3)
        } options: {
            change(&$0)
        }
    }

    @Test("a region that changes with each answer is not followed for ever")
    func wanderingRegion() throws {
        try withBackend { request in
            S3HostileTests.refusal(301, "PermanentRedirect", "<Region>r-\(request.number)</Region>")
        } _: { backend, server in
            _ = try storageFailure { try backend.read(name([1])) }
            #expect(server.requests.count <= 4)
        }
    }

    @Test("a bucket with an object lock gets the MD5 that it insists on, from then on")
    func objectLock() throws {
        let refusal = S3HostileTests.refusal(
            400, "InvalidRequest",
            "<Message>Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters</Message>"
        )
        try withBackend { request in
            request.header("content-md5") == nil ? refusal : .respond(200)
        } _: { backend, server in
            for _ in 0..<2 { try backend.put(name(Array("hello".utf8)), Array("hello".utf8)) }
            #expect(
                server.requests.map { $0.header("content-md5") } == [
                    nil, "XUFAKrxLKna5cZ2REBfFkg==", "XUFAKrxLKna5cZ2REBfFkg==",
                ])
        }
    }

    /// Answers to a delete, and whether they mean that the storage keeps the object.
    static let deletes: [(Int, String, VarveError.Kind?)] = [
        (204, "", nil), (200, "", nil), (404, "NoSuchKey", nil), (404, "", nil), (403, "AccessDenied", .retained),
        (
            400, "InvalidRequest</Code><Message>Object is WORM protected and cannot be overwritten</Message><Code>",
            .retained
        ),
        (405, "MethodNotAllowed", .retained), (423, "ObjectLocked", .retained), (403, "InvalidAccessKeyId", .storage),
        (404, "NoSuchBucket", .storage), (400, "InvalidRequest", .storage),
    ]

    @Test("an object that is locked is kept, and said to be", arguments: deletes.indices)
    func retained(index: Int) throws {
        let (status, code, kind) = S3HostileTests.deletes[index]
        try withBackend { _ in
            code.isEmpty ? .respond(status) : S3HostileTests.refusal(status, code)
        } _: { backend, _ in
            if let kind {
                let error = try storageFailure { try backend.delete(name([1])) }
                #expect(error.kind == kind && !error.isRetryable, "\(error)")
            } else {
                try backend.delete(name([1]))
            }
        }
    }

    @Test("200 with an error in the body is an error: of completing, of copying, of listing")
    func errorsThatSaySuccess() throws {
        let error = S3HostileTests.refusal(200, "InternalError")
        try withBackend(multipartThreshold: 0) { request in
            if request.query.hasPrefix("uploads") {
                return .respond(
                    200, [:], "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
            }
            if request.method == "PUT", request.query.contains("partNumber") { return .respond(200, ["ETag": "\"t\""]) }
            return request.method == "DELETE" ? .respond(204) : error
        } _: { backend, server in
            let failure = try storageFailure { try backend.put(name([1]), [1]) }
            #expect(failure.problem.contains("InternalError") && failure.isRetryable, "\(failure)")
            // What was begun is taken back.
            #expect(server.requests.last?.method == "DELETE" && server.requests.last?.query == "uploadId=u")
            let before = server.requests.count
            #expect(try storageFailure { try backend.setAside(name([1])) }.problem.contains("InternalError"))
            #expect(!server.requests.dropFirst(before).contains { $0.method == "DELETE" })
            #expect(try storageFailure { try backend.list(.data) as [ListedObject] }.problem.contains("InternalError"))
        }
    }

    @Test("an upload whose completion was not heard of is there all the same")
    func lostCompletion() throws {
        try withBackend(multipartThreshold: 0) { request in
            if request.query.hasPrefix("uploads") {
                return .respond(200, [:], "<R><UploadId>u</UploadId></R>")
            }
            switch request.method {
            case "PUT": return .respond(200, ["ETag": "t"])
            case "POST":
                return request.number == 2 ? .closeWithoutResponse : S3HostileTests.refusal(404, "NoSuchUpload")
            case "HEAD": return .respond(200, ["Content-Length": "3"])
            default: return .respond(204)
            }
        } _: { backend, server in
            try backend.put(name([1, 2, 3]), [1, 2, 3])
            #expect(server.requests.map(\.method) == ["POST", "PUT", "POST", "POST", "HEAD"])
        }
    }

    /// Answers to a request for the bytes 10 to 14 of an object of 100, and what they come to.
    static let partAnswers: [(String, Reaction, VarveError.Kind?)] = [
        ("right", .respond(206, ["Content-Range": "bytes 10-14/100"], "abcde"), nil),
        ("without a size", .respond(206, ["Content-Range": "bytes 10-14/*"], "abcde"), nil),
        ("all of it", .respond(200, [:], "0123456789abcde"), nil),
        ("right, but for the status", .respond(200, ["Content-Range": "bytes 10-14/100"], "abcde"), nil),
        ("all of it, too short", .respond(200, [:], "0123456789abcd"), .damaged),
        ("another part", .respond(206, ["Content-Range": "bytes 11-15/100"], "bcdef"), .storage),
        ("without a range", .respond(206, [:], "abcde"), .storage),
        ("too little", .respond(206, ["Content-Range": "bytes 10-12/100"], "abc"), .storage),
        ("too much", .respond(206, ["Content-Range": "bytes 10-15/100"], "abcdef"), .storage),
        ("the end", .respond(206, ["Content-Range": "bytes 10-12/13"], "abc"), .damaged),
        ("beyond the end", S3HostileTests.refusal(416, "InvalidRange"), .damaged),
        ("missing", S3HostileTests.refusal(404, "NoSuchKey"), .notFound),
        ("without end", .endlessBody, .storage),
    ]

    @Test("a part is what was asked for, or an error", arguments: partAnswers.map(\.0))
    func parts(what: String) throws {
        let (_, reaction, kind) = try #require(S3HostileTests.partAnswers.first { $0.0 == what })
        try withBackend { _ in
            reaction
        } _: { backend, server in
            var bytes = [UInt8](repeating: 0, count: 5)
            do {
                try bytes.withUnsafeMutableBytes { try backend.read(name([1]), at: 10, into: $0) }
                #expect(kind == nil && bytes == Array("abcde".utf8))
            } catch let error as VarveError {
                #expect(error.kind == kind, "\(error)")
            }
            #expect(server.requests.first?.header("range") == "bytes=10-14")
        }
    }

    @Test("a listing that never ends is given up")
    func endlessListing() throws {
        let object = "<Contents><Key>k</Key><Size>1</Size></Contents>"
        for page in [object, ""] {
            try withBackend { request in
                .respond(
                    200, [:],
                    "<ListBucketResult>\(page)<IsTruncated>true</IsTruncated><NextContinuationToken>\(request.number)"
                        + "</NextContinuationToken></ListBucketResult>")
            } _: { backend, server in
                let error = try storageFailure { try backend.list(.data) as [ListedObject] }
                #expect(error.problem.contains("circles") && server.requests.count < 300, "\(error)")
            }
        }
    }

    /// What is no listing.
    static let noListings = [
        "<html><body>Log in first</body></html>", "{}", "", "<ListBucketResult><Contents>",
        "<!DOCTYPE l [<!ENTITY a \"b\">]><ListBucketResult/>",
    ]

    @Test("what is no listing is an error, not an empty folder", arguments: noListings)
    func noListing(text: String) throws {
        try withBackend { _ in
            .respond(200, [:], text)
        } _: { backend, server in
            let error = try storageFailure { try backend.list(.data) as [ListedObject] }
            #expect(
                error.kind == .storage && error.problem.contains("no listing") && server.requests.count == 3, "\(error)"
            )
        }
    }

    @Test("names in a listing that are not ours are left out")
    func foreignNames() throws {
        let hex = name([1]).id.hex
        try withBackend { request in
            let prefix = request.query.split(separator: "&").first { $0.hasPrefix("prefix=") }?.dropFirst(7) ?? ""
            let start = PercentEncoding.decode(prefix) ?? ""
            let keys = [
                start + hex, start + hex.uppercased(), start + hex + ".damaged", start + "x/" + hex, hex,
                "other/" + hex,
                start, start + String(hex.dropLast()), start.uppercased() + hex,
            ]
            let contents = keys.map { "<Contents><Key>\($0)</Key><Size>7</Size></Contents>" }.joined()
            return .respond(200, [:], "<ListBucketResult>\(contents)</ListBucketResult>")
        } _: { backend, _ throws in
            #expect(try backend.list(.data) == [ListedObject(id: name([1]).id, size: 7)])
        }
    }

    @Test("config is written where an answer was lost, and not where another was quicker")
    func configuration() throws {
        // The first attempt stores, but its answer is lost; the second is refused for that very reason.
        let stored = Locked<[UInt8]?>(nil)
        let server: @Sendable (_ other: [UInt8]?) -> HostileServer.Answer = { other in
            { request in
                if request.method == "GET" {
                    guard let bytes = stored.withLock({ $0 }) else { return S3HostileTests.refusal(404, "NoSuchKey") }
                    return .respond(200, [:], bytes: bytes)
                }
                let isFirst = stored.withLock { stored in
                    defer { stored = stored ?? other ?? request.body }
                    return stored == nil
                }
                return isFirst && other == nil
                    ? .closeWithoutResponse : S3HostileTests.refusal(412, "PreconditionFailed")
            }
        }
        try withBackend(server(nil)) { backend, server in
            try backend.writeConfiguration([1, 2])
            #expect(server.requests.filter { $0.method == "PUT" }.allSatisfy { $0.header("if-none-match") == "*" })
        }
        stored.withLock { $0 = nil }
        try withBackend(server([9])) { backend, _ throws in
            #expect(try storageFailure { try backend.writeConfiguration([1, 2]) }.kind == .repositoryExists)
        }
    }

    @Test("a server that knows no conditions is asked without")
    func unknownConditions() throws {
        let stored = Locked<[UInt8]?>(nil)
        try withBackend { request in
            if request.method == "GET" {
                guard let bytes = stored.withLock({ $0 }) else { return S3HostileTests.refusal(404, "NoSuchKey") }
                return .respond(200, [:], bytes: bytes)
            }
            if request.header("if-none-match") != nil { return S3HostileTests.refusal(501, "NotImplemented") }
            stored.withLock { $0 = request.body }
            return .respond(200)
        } _: { backend, _ in
            try backend.writeConfiguration([1, 2])
        }
        #expect(stored.withLock { $0 } == [1, 2])
    }

    @Test("a server that cannot tell unfinished uploads is no hindrance", arguments: [403, 404, 501, 200])
    func noUploads(status: Int) throws {
        try withBackend { _ in
            .respond(status, [:], "no")
        } _: { backend, server in
            try backend.prepareForWriting()
            #expect(server.requests.count == 1)
        }
    }

    @Test("uploads of killed writers are ended after a day, those of others never")
    func staleUploads() throws {
        let key = "p/data/" + name([1]).id.hex
        let uploads = [
            (key, "old", "2020-01-01T00:00:00.000Z"), (key, "new", SystemClock().now().rfc3339), (key, "odd", "?"),
            ("p/notes", "foreign", "2020-01-01T00:00:00Z"),
            ("q/data/" + name([1]).id.hex, "other", "2020-01-01T00:00:00Z"),
        ]
        let body = uploads.map {
            "<Upload><Key>\($0.0)</Key><UploadId>\($0.1)</UploadId><Initiated>\($0.2)</Initiated></Upload>"
        }.joined()
        let server = try HostileServer { request in
            request.method == "GET"
                ? .respond(200, [:], "<ListMultipartUploadsResult>\(body)</ListMultipartUploadsResult>") : .respond(204)
        }
        defer { server.stop() }
        var place = S3Place(server)
        place.prefix = "p"
        let backend = try place.backend()
        defer { backend.close() }
        try backend.prepareForWriting()
        #expect(server.requests.dropFirst().map(\.query) == ["uploadId=old"])
    }

    @Test("without credentials nothing is sent, and it is said what to set")
    func noCredentials() throws {
        try withBackend { _ in
            .respond(200)
        } _: { backend, server in
            let error = try storageFailure { try backend.readConfiguration() }
            #expect(error.kind == .usage && error.advice.contains("AWS_ACCESS_KEY_ID"))
            #expect(server.requests.isEmpty)
        } options: {
            $0.variables = { name in name == "AWS_EC2_METADATA_DISABLED" ? "true" : nil }
        }
    }
}
