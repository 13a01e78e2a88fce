import Primitives
import Testing

@testable import RemoteBackends

@Suite("Credentials of AWS in variables and files")
struct AWSEnvironmentTests {
    private func environment(_ variables: [String: String], _ files: [String: String] = [:]) -> AWSEnvironment {
        AWSEnvironment(variables: { variables[$0] }, readFile: { files[$0].map { Array($0.utf8) } })
    }

    private func given(_ environment: AWSEnvironment) throws -> [String?] {
        guard case .given(let found) = try environment.origin() else { return [] }
        return [found.keyID, found.secret.text, found.sessionToken?.text]
    }

    private let credentials = """
        # of mine
        [default]
        aws_access_key_id = D1
        aws_secret_access_key=D/2+=
        region = ap-south-1
        s3 =
          aws_access_key_id = nested
        [ work ]
        AWS_ACCESS_KEY_ID = W1   ; a comment
        aws_secret_access_key = W#2\t
        aws_session_token = W3
        lost line
        [profile odd]
        aws_access_key_id = X
        """
    private let configuration = """
        [default]
        region = eu-west-1
        output = json
        [profile work]
        region = us-west-2
        aws_access_key_id = older
        [work]
        region = nowhere
        [profile federated]
        role_arn = arn:aws:iam::1:role/r
        web_identity_token_file = ~/token
        [profile sso]
        sso_session = s
        [sso-session s]
        aws_access_key_id = no
        """
    private var files: [String: String] {
        ["/home/u/.aws/credentials": credentials, "/home/u/.aws/config": configuration]
    }

    @Test("variables come first, empty ones count as none")
    func variables() throws {
        let keys = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "HOME": "/home/u"]
        #expect(try given(environment(keys, files)) == ["A", "B", nil])
        #expect(try given(environment(keys.merging(["AWS_SESSION_TOKEN": "C"]) { $1 })) == ["A", "B", "C"])
        #expect(try given(environment(keys.merging(["AWS_SESSION_TOKEN": ""]) { $1 })) == ["A", "B", nil])
        let error = #expect(throws: VarveError.self) { try environment(["AWS_ACCESS_KEY_ID": "A"]).origin() }
        #expect(error?.problem.contains("AWS_SECRET_ACCESS_KEY is not") == true)
    }

    @Test("then a profile, of the file of credentials before that of settings")
    func profiles() throws {
        #expect(try given(environment(["HOME": "/home/u"], files)) == ["D1", "D/2+=", nil])
        #expect(try given(environment(["HOME": "/home/u", "AWS_PROFILE": "work"], files)) == ["W1", "W#2", "W3"])
        let elsewhere = ["AWS_SHARED_CREDENTIALS_FILE": "/x", "AWS_CONFIG_FILE": "~/y", "HOME": "/h"]
        let other = ["/x": "[default]\naws_access_key_id=1\r\naws_secret_access_key=2\n", "/h/y": configuration]
        #expect(try given(environment(elsewhere, other)) == ["1", "2", nil])
        #expect(environment(elsewhere, other).region == "eu-west-1")
        for (profile, word) in [("none", "no profile none"), ("sso", "sso_session")] {
            let error = #expect(throws: VarveError.self) {
                try environment(["HOME": "/home/u", "AWS_PROFILE": profile], files).origin()
            }
            #expect(error?.kind == .usage && error?.problem.contains(word) == true)
        }
    }

    @Test("a region comes from variables or the profile")
    func region() {
        #expect(environment(["AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"]).region == "a")
        #expect(environment(["AWS_DEFAULT_REGION": "b", "HOME": "/home/u"], files).region == "b")
        #expect(environment(["HOME": "/home/u", "AWS_PROFILE": "work"], files).region == "us-west-2")
        #expect(environment([:]).region == nil)
    }

    @Test("a web identity is exchanged, at the service of the region")
    func webIdentity() throws {
        let variables = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "role", "AWS_REGION": "eu-north-1", "HOME": "/home/u",
        ]
        guard case .webIdentity(let identity) = try environment(variables, files).origin() else {
            Issue.record("it is not found")
            return
        }
        #expect(
            identity
                == .init(
                    tokenFile: "/t", role: "role", session: "varve", service: "https://sts.eu-north-1.amazonaws.com"))
        guard
            case .webIdentity(let inProfile) = try environment(
                ["HOME": "/home/u", "AWS_PROFILE": "federated", "AWS_ENDPOINT_URL_STS": "https://minio"], files
            ).origin()
        else {
            Issue.record("it is not found")
            return
        }
        #expect(inProfile.tokenFile == "/home/u/token" && inProfile.service == "https://minio")
        #expect(throws: VarveError.self) { try environment(["AWS_WEB_IDENTITY_TOKEN_FILE": "/t"]).origin() }
    }

    /// The URL of an agent, and whether it may get a token.
    static let agents = [
        ("https://agent.example/x", true), ("http://127.0.0.1:8080/x?y=z", true), ("http://localhost/x", true),
        ("http://[::1]/x", true), ("http://169.254.170.23/v1", true), ("http://agent.example/x", false),
        ("http://127.0.0.1.evil.example/", false), ("http://127.0.0.1@evil.example/", false),
        ("ftp://127.0.0.1/", false),
    ]

    @Test("an agent beside a container is asked where that is safe", arguments: agents)
    func container(url: String, isSafe: Bool) throws {
        let environment = environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
        guard isSafe else {
            #expect(throws: VarveError.self) { try environment.origin() }
            return
        }
        guard case .container(let agent) = try environment.origin() else {
            Issue.record("it is not found")
            return
        }
        #expect(agent.url == url)
    }

    @Test("the machine's own service is the last resort, unless it is switched off")
    func instance() throws {
        guard case .instance(let service) = try environment([:]).origin() else {
            Issue.record("it is not found")
            return
        }
        #expect(service == "http://169.254.169.254")
        let error = #expect(throws: VarveError.self) { try environment(["AWS_EC2_METADATA_DISABLED": "TRUE"]).origin() }
        #expect(error?.advice.contains("AWS_ACCESS_KEY_ID") == true)
        guard
            case .container(let agent) = try environment(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"]).origin()
        else {
            Issue.record("it is not found")
            return
        }
        #expect(agent.url == "http://169.254.170.2/v2/x")
    }
}
