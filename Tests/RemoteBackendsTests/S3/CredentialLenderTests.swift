import FileIO
import Primitives
import TemporaryFolders
import TestServers
import Testing
import Transfers

@testable import RemoteBackends

/// Services that lend credentials. That of AWS itself is played by moto, agents by a server of the tests' own.
@Suite("Credentials that are lent", .timeLimit(.minutes(60)))
struct CredentialLenderTests {
    private func credentials(_ variables: [String: String]) throws -> S3Credentials {
        let environment = AWSEnvironment(
            variables: { variables[$0] }, readFile: { try? OpenFile.open(BytePath($0)).readAll(limit: 1 << 20) })
        let make: @Sendable () throws(VarveError) -> any ClosableTransport = { () throws(VarveError) in try HTTPClient()
        }
        return try CredentialLender(environment: environment, makeTransport: make, makeNearTransport: make)
            .credentials(from: environment.origin())
    }

    private static let json = """
        {"Code":"Success","AccessKeyId":"K","SecretAccessKey":"a\\/b","Token":"T","Expiration":"2030-01-02T03:04:05Z","x":{"AccessKeyId":"n"}}
        """

    private func expectLent(_ credentials: S3Credentials) {
        #expect(credentials.keyID == "K" && credentials.secret.text == "a/b" && credentials.sessionToken?.text == "T")
        #expect(credentials.expiration == Timestamp(rfc3339: "2030-01-02T03:04:05Z"))
    }

    @Test("a web identity is exchanged for keys that are good for some time")
    func webIdentity() throws {
        let server = try S3Server.sharedMoto()
        let folder = try TemporaryFolder()
        try folder.write("token", Array("a.web.token\n".utf8))
        let variables = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": folder.path.appending("token").display,
            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/backup", "AWS_ENDPOINT_URL_STS": server.endpoint,
        ]
        let lent = try credentials(variables)
        #expect(!lent.keyID.isEmpty && !lent.secret.text.isEmpty && lent.sessionToken != nil)
        #expect(try #require(lent.expiration) > SystemClock().now())
        // And they are what a whole backend works with.
        var place = S3Place(server)
        place.bucket = "of-identity"
        let backend = try place.backend { $0.variables = { variables[$0] } }
        defer { backend.close() }
        try backend.createLayout()
        try backend.put(name([1]), [1])
        #expect(try backend.read(name([1])) == [1])
    }

    @Test("the token of a web identity stands in no URL and in no error")
    func secrecy() throws {
        let server = try HostileServer { _ in
            .respond(
                403, [:],
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not you</Message></Error></ErrorResponse>")
        }
        defer { server.stop() }
        let folder = try TemporaryFolder()
        try folder.write("token", Array("hidden+token".utf8))
        let error = try storageFailure {
            try credentials([
                "AWS_WEB_IDENTITY_TOKEN_FILE": folder.path.appending("token").display, "AWS_ROLE_ARN": "r",
                "AWS_ENDPOINT_URL_STS": server.url,
            ])
        }
        #expect("\(error)".contains("Not you") && !"\(error)".contains("hidden"))
        #expect(server.requests.map(\.target) == ["/"])
        #expect(String(decoding: server.requests[0].body, as: UTF8.self).hasSuffix("&WebIdentityToken=hidden%2Btoken"))
        let missing = try storageFailure {
            try credentials(["AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent", "AWS_ROLE_ARN": "r"])
        }
        #expect(missing.kind == .local && missing.problem.contains("/nonexistent"))
    }

    @Test("the agent of a container gets its token")
    func container() throws {
        let server = try HostileServer { _ in .respond(200, [:], CredentialLenderTests.json) }
        defer { server.stop() }
        let folder = try TemporaryFolder()
        try folder.write("token", Array("from a file\n".utf8))
        let variables = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/v1/x?y=1"]
        expectLent(try credentials(variables.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "in the open"]) { $1 }))
        expectLent(
            try credentials(
                variables.merging([
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": folder.path.appending("token").display
                ]) { $1 }))
        #expect(server.requests.map { $0.header("authorization") } == ["in the open", "from a file"])
        #expect(server.requests.allSatisfy { $0.target == "/v1/x?y=1" })
    }

    @Test("the service of a machine is asked for a token, a role and its credentials")
    func instance() throws {
        let server = try HostileServer { request in
            switch (request.method, request.target) {
            case ("PUT", "/latest/api/token"):
                return request.header("x-aws-ec2-metadata-token-ttl-seconds") == nil
                    ? .respond(400) : .respond(200, [:], "tok")
            case _ where request.header("x-aws-ec2-metadata-token") != "tok": return .respond(401)
            case ("GET", "/latest/meta-data/iam/security-credentials/"): return .respond(200, [:], "my-role")
            case ("GET", "/latest/meta-data/iam/security-credentials/my-role"):
                return .respond(200, [:], CredentialLenderTests.json)
            default: return .respond(404)
            }
        }
        defer { server.stop() }
        expectLent(try credentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url]))
    }

    @Test("where there is no such service, there are no credentials, which is said")
    func noInstance() throws {
        let port = try LoopbackPort.free()
        let error = try storageFailure {
            try credentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(port)"])
        }
        #expect(error.kind == .usage && error.problem.contains("no credentials"))
    }

    /// What is no answer of an agent.
    static let odd = [
        "", "{}", "[]", "{\"AccessKeyId\":\"K\"}", "{\"AccessKeyId\":1,\"SecretAccessKey\":\"s\"}", "<html>", "{\"a\":",
    ]

    @Test("an answer without credentials is an error", arguments: odd)
    func oddAnswers(text: String) throws {
        #expect(throws: VarveError.self) {
            try CredentialLender.credentials(fromJSON: Array(text.utf8), "no credentials")
        }
        #expect(throws: VarveError.self) {
            try CredentialLender.credentials(fromXML: Array(text.utf8), "no credentials")
        }
    }
}
