import Primitives

/// Where credentials for S3 come from.
enum CredentialOrigin: Sendable {
    /// They were found: in variables or files.
    case given(S3Credentials)
    /// A token of an identity provider, such as Kubernetes, is exchanged for keys of a role.
    case webIdentity(WebIdentity)
    /// An agent beside a container lends keys.
    case container(ContainerAgent)
    /// The service of a virtual machine of EC2 lends them, where this is one.
    case instance(service: String)

    struct WebIdentity: Hashable, Sendable {
        var tokenFile: String
        var role: String
        var session: String
        /// The URL of the service that exchanges.
        var service: String
    }

    struct ContainerAgent: Hashable, Sendable {
        var url: String
        var tokenFile: String?
        /// The variable that holds the token.
        var tokenVariable: String?
    }
}

/// What AWS tools know of this process by variables and files: credentials, and a region.
struct AWSEnvironment: Sendable {
    /// A variable that is set and not empty.
    let variable: @Sendable (String) -> String?
    /// The content of a file; `nil` where it cannot be read.
    let readFile: @Sendable (String) -> [UInt8]?

    init(
        variables: @escaping @Sendable (String) -> String?, readFile: @escaping @Sendable (String) -> [UInt8]?
    ) {
        variable = { name in variables(name).flatMap { $0.isEmpty ? nil : $0 } }
        self.readFile = readFile
    }

    /// The order is that of AWS's own tools: variables, web identity, profile, container, machine.
    ///
    /// - Throws: kind `usage` where something is there by half.
    func origin() throws(VarveError) -> CredentialOrigin {
        if let keyID = variable("AWS_ACCESS_KEY_ID") {
            guard let secret = variable("AWS_SECRET_ACCESS_KEY") else {
                throw VarveError(.usage, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not", advice: "set both")
            }
            return .given(S3Credentials(keyID: keyID, secret: secret, sessionToken: variable("AWS_SESSION_TOKEN")))
        }
        if let file = variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
            guard let role = variable("AWS_ROLE_ARN") else {
                throw VarveError(
                    .usage, "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not", advice: "set both")
            }
            return .webIdentity(identity(file, role, variable("AWS_ROLE_SESSION_NAME")))
        }
        if let origin = try originOfProfile() { return origin }
        if let agent = try containerAgent() { return .container(agent) }
        guard variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { throw noCredentials() }
        return .instance(service: variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254")
    }

    func noCredentials() -> VarveError {
        VarveError(
            .usage, "there are no credentials for S3",
            advice:
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws/credentials by AWS_PROFILE"
        )
    }

    /// The region that variables or the profile name.
    var region: String? {
        variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") ?? profiles.settings[profile]?["region"]
    }

    // MARK: Profiles

    private var profile: String { variable("AWS_PROFILE") ?? "default" }

    private var profiles: AWSProfiles {
        func file(_ name: String, _ usual: String, isConfiguration: Bool) -> AWSProfiles? {
            let path = variable(name).map(expandingHome) ?? variable("HOME").map { $0 + usual }
            return path.flatMap(readFile).map { AWSProfiles(parsing: $0, isConfiguration: isConfiguration) }
        }
        return .merged(
            configuration: file("AWS_CONFIG_FILE", "/.aws/config", isConfiguration: true),
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials", isConfiguration: false))
    }

    private func expandingHome(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = variable("HOME") else { return path }
        return home + path.dropFirst(1)
    }

    private func originOfProfile() throws(VarveError) -> CredentialOrigin? {
        guard let settings = profiles.settings[profile] else {
            guard variable("AWS_PROFILE") != nil else { return nil }
            throw VarveError(
                .usage, "there is no profile \(profile) in the files of AWS",
                advice: "check AWS_PROFILE, AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE")
        }
        func setting(_ name: String) -> String? { settings[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let keyID = setting("aws_access_key_id"), let secret = setting("aws_secret_access_key") {
            return .given(S3Credentials(keyID: keyID, secret: secret, sessionToken: setting("aws_session_token")))
        }
        if let file = setting("web_identity_token_file"), let role = setting("role_arn") {
            return .webIdentity(identity(expandingHome(file), role, setting("role_session_name")))
        }
        let unknown = ["credential_process", "sso_session", "sso_start_url", "source_profile", "credential_source"]
        guard let way = unknown.first(where: { settings[$0] != nil }) else { return nil }
        throw VarveError(
            .usage, "the profile \(profile) gets its credentials by \(way), which varve does not do",
            advice: "let `aws configure export-credentials --format env` set variables")
    }

    // MARK: Services

    private func identity(_ file: String, _ role: String, _ session: String?) -> CredentialOrigin.WebIdentity {
        let usual = region.map { "https://sts.\($0).amazonaws.com" } ?? "https://sts.amazonaws.com"
        return CredentialOrigin.WebIdentity(
            tokenFile: file, role: role, session: session ?? "varve",
            service: variable("AWS_ENDPOINT_URL_STS") ?? usual)
    }

    private func containerAgent() throws(VarveError) -> CredentialOrigin.ContainerAgent? {
        let url: String
        if let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            url = "http://169.254.170.2" + path
        } else if let full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            guard AWSEnvironment.isTrustworthy(full) else {
                throw VarveError(
                    .usage,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host to which no secret may be sent in the open",
                    advice: "use https://, or an agent of this machine")
            }
            url = full
        } else {
            return nil
        }
        return CredentialOrigin.ContainerAgent(
            url: url, tokenFile: variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            tokenVariable: "AWS_CONTAINER_AUTHORIZATION_TOKEN")
    }

    /// As AWS has it: TLS, or an address that does not leave the machine or its hypervisor.
    private static func isTrustworthy(_ url: String) -> Bool {
        if url.hasPrefix("https://") { return true }
        let address = String(url.prefix { $0 != "?" && $0 != "#" })
        guard let host = try? WebAddress(parsing: address).host else { return false }
        return ["localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"].contains(host)
            || (host.hasPrefix("127.") && host.split(separator: ".").allSatisfy { UInt8($0) != nil })
    }
}
