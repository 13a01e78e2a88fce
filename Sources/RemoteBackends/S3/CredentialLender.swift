import Primitives
import Transfers

/// Asks services that lend credentials for a time.
struct CredentialLender: Sendable {
    let environment: AWSEnvironment
    /// For services of AWS on the internet.
    let makeTransport: @Sendable () throws(VarveError) -> any ClosableTransport
    /// For those of this machine and its hypervisor, which answer at once or never.
    let makeNearTransport: @Sendable () throws(VarveError) -> any ClosableTransport

    /// In bytes: more than any answer or token has.
    private static let limit = 1 << 16

    /// - Throws: kind `storage` where the service does not give any, retryable where it may later.
    func credentials(from origin: CredentialOrigin) throws(VarveError) -> S3Credentials {
        switch origin {
        case .given(let credentials): return credentials
        case .webIdentity(let identity):
            let transport = try makeTransport()
            defer { transport.close() }
            return try exchange(identity, transport)
        case .container(let agent):
            let transport = try makeNearTransport()
            defer { transport.close() }
            return try ask(agent, transport)
        case .instance(let service):
            let transport = try makeNearTransport()
            defer { transport.close() }
            return try askInstance(service, transport)
        }
    }

    // MARK: Web identity

    private func exchange(
        _ identity: CredentialOrigin.WebIdentity, _ transport: any HTTPTransport
    ) throws(VarveError) -> S3Credentials {
        guard let token = environment.readFile(identity.tokenFile).map(trimmed), !token.isEmpty else {
            throw VarveError(
                .local, "there is no token in \(identity.tokenFile)", advice: "check AWS_WEB_IDENTITY_TOKEN_FILE")
        }
        let form = [
            ("Action", "AssumeRoleWithWebIdentity"), ("RoleArn", identity.role), ("RoleSessionName", identity.session),
            ("Version", "2011-06-15"), ("WebIdentityToken", token),
        ].map { "\($0)=\(S3Encoding.component($1))" }.joined(separator: "&")
        let request = HTTPRequest(
            .post, identity.service + (identity.service.hasSuffix("/") ? "" : "/"),
            headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")], body: .bytes(Array(form.utf8)),
            responseLimit: CredentialLender.limit, purpose: .other)
        let response = try send(request, transport, "exchange the web identity for credentials at \(identity.service)")
        return try CredentialLender.credentials(
            fromXML: response.body, "the answer of \(identity.service) holds no credentials")
    }

    /// - Throws: kind `storage` with `problem`.
    static func credentials(fromXML bytes: [UInt8], _ problem: String) throws(VarveError) -> S3Credentials {
        let root = try? XMLElement(parsing: bytes)
        guard let element = root?["AssumeRoleWithWebIdentityResult"]?["Credentials"],
            let keyID = element.text(of: "AccessKeyId"), let secret = element.text(of: "SecretAccessKey")
        else { throw VarveError(.storage, problem) }
        return S3Credentials(
            keyID: keyID, secret: secret, sessionToken: element.text(of: "SessionToken"),
            expiration: element.text(of: "Expiration").flatMap { Timestamp(rfc3339: $0) })
    }

    // MARK: Container and machine

    private func ask(
        _ agent: CredentialOrigin.ContainerAgent, _ transport: any HTTPTransport
    ) throws(VarveError) -> S3Credentials {
        var headers: [HTTPHeader] = []
        let token =
            agent.tokenFile.flatMap(environment.readFile).map(trimmed)
            ?? agent.tokenVariable.flatMap(environment.variable)
        if let token { headers.append(HTTPHeader("Authorization", token)) }
        let request = HTTPRequest(
            .get, agent.url, headers: headers, responseLimit: CredentialLender.limit, purpose: .other)
        let response = try send(request, transport, "get credentials from the container's agent")
        return try CredentialLender.credentials(
            fromJSON: response.body, "the answer of the container's agent holds no credentials")
    }

    /// Version 2 of the metadata service: a token first, with which the rest is asked.
    private func askInstance(_ service: String, _ transport: any HTTPTransport) throws(VarveError) -> S3Credentials {
        let tokenRequest = HTTPRequest(
            .put, service + "/latest/api/token",
            headers: [HTTPHeader("X-aws-ec2-metadata-token-ttl-seconds", "21600")],
            responseLimit: CredentialLender.limit, purpose: .other)
        let token: HTTPHeader
        do throws(VarveError) {
            let answer = try send(tokenRequest, transport, "get a token of the machine's metadata")
            token = HTTPHeader("X-aws-ec2-metadata-token", trimmed(answer.body))
        } catch {
            // Most likely this is no machine of EC2, and nothing was set up at all.
            throw environment.noCredentials()
        }
        let path = service + "/latest/meta-data/iam/security-credentials/"
        func get(_ name: String) throws(VarveError) -> [UInt8] {
            let request = HTTPRequest(
                .get, path + S3Encoding.path(name), headers: [token], responseLimit: CredentialLender.limit,
                purpose: .other)
            return try send(request, transport, "get credentials of the machine's role").body
        }
        let role = trimmed(try get(""))
        return try CredentialLender.credentials(
            fromJSON: try get(role), "the metadata of the machine hold no credentials")
    }

    /// Of `{"AccessKeyId":…,"SecretAccessKey":…,"Token":…,"Expiration":…}`.
    ///
    /// - Throws: kind `storage` with `problem`.
    static func credentials(fromJSON bytes: [UInt8], _ problem: String) throws(VarveError) -> S3Credentials {
        var members: [String: String] = [:]
        bytes.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            members = (try? CredentialLender.texts(&scanner)) ?? [:]
        }
        guard let keyID = members["AccessKeyId"], let secret = members["SecretAccessKey"] else {
            throw VarveError(.storage, problem)
        }
        return S3Credentials(
            keyID: keyID, secret: secret, sessionToken: members["Token"],
            expiration: members["Expiration"].flatMap { Timestamp(rfc3339: $0) })
    }

    /// The members of an object that are strings; escapes but that of a slash are not expected.
    private static func texts(_ scanner: inout JSONScanner) throws -> [String: String] {
        var members: [String: String] = [:]
        try scanner.expect("{")
        if scanner.skip("}") { return members }
        repeat {
            let name = String(decoding: try scanner.string(), as: UTF8.self)
            try scanner.expect(":")
            if ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"].contains(name), !scanner.skip("null") {
                let raw = try scanner.string()
                members[name] = String(decoding: raw.filter { $0 != UInt8(ascii: "\\") }, as: UTF8.self)
            } else {
                try scanner.skipValue()
            }
        } while scanner.skip(",")
        return members
    }

    private func send(
        _ request: HTTPRequest, _ transport: any HTTPTransport, _ operation: String
    ) throws(VarveError) -> HTTPResponse {
        let response: HTTPResponse
        do throws(TransferFailure) { response = try transport.send(request) } catch {
            throw VarveError(
                error.cause == .cancelled ? .cancelled : .storage, "cannot \(operation): \(error.problem)",
                isRetryable: error.isRetryable)
        }
        guard response.status == 200 else {
            let failure = S3Failure(response, mayHoldError: true) ?? S3Failure(status: response.status)
            throw VarveError(
                .storage, "cannot \(operation): \(failure.shown)",
                advice: failure.remedy == .wait ? "" : "check the role and who may take it",
                isRetryable: failure.remedy == .wait)
        }
        return response
    }

    private func trimmed(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self).drop(while: \.isWhitespace)
        guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(text[...last])
    }
}
