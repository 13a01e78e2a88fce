import FileIO
import TestServers
import Testing

/// The kinds of remote repositories, each on a real server of this machine.
enum RemoteKind: String, CaseIterable, CustomTestStringConvertible {
    /// OpenStack Swift, which checks signatures and hashes.
    case s3
    /// `rclone serve restic` with a password.
    case rest
    /// OpenSSH's server.
    case sftp
    /// A remote of rclone that is a folder.
    case rclone

    var testDescription: String { rawValue }

    /// A place on the server of this kind that all tests share.
    func place() throws -> RemotePlace {
        let name = "r\(UInt64.random(in: 0 ... .max))"
        switch self {
        case .s3: return .s3(try .sharedOpenStackSwift(), prefix: name)
        case .rest: return try RemoteServers.rest.get().place(name)
        case .sftp: return try .sftp(RemoteServers.ssh.get(), name)
        case .rclone: return try .rclone(RemoteServers.ssh.get().folder.appending(name))
        }
    }
}

/// Where a repository is on a server, and what leads there.
struct RemotePlace {
    /// As people write it.
    var location: String
    /// Credentials, and where programs are.
    var variables: [String: String]
    /// What of these is secret.
    var secrets: [String] = []
    /// The server's own folder of it, where it is one.
    var folder: String?
    /// Where the server listens, if over TCP.
    var port: UInt16?

    static func s3(_ server: S3Server, prefix: String, bucket: String = "varve-flows") -> RemotePlace {
        // The secrets of some servers are words that anybody may write.
        let secrets = server.secret.count > 10 ? [server.secret] : []
        return RemotePlace(
            location: "s3:\(server.endpoint)/\(bucket)/\(prefix)",
            variables: [
                "AWS_ACCESS_KEY_ID": server.keyID, "AWS_SECRET_ACCESS_KEY": server.secret,
                "AWS_EC2_METADATA_DISABLED": "true",
            ], secrets: secrets, port: server.process.port)
    }

    static func sftp(_ server: SSHServer, _ name: String) -> RemotePlace {
        let folder = server.folder.appending(name).display
        return RemotePlace(
            location: "sftp://\(server.user)@127.0.0.1:\(server.port)/\(folder)",
            variables: ["VARVE_SSH": server.command()], folder: folder, port: server.port)
    }

    static func rclone(_ folder: BytePath) throws -> RemotePlace {
        RemotePlace(
            location: "rclone::local:\(folder.display)",
            variables: ["VARVE_RCLONE": try TestServers.program("rclone").display, "RCLONE_CONFIG": "/dev/null"],
            folder: folder.display)
    }
}

/// Servers that are started when the first test wants them.
enum RemoteServers {
    static let rest = Result { try RESTServer() }
    static let ssh = Result { try SSHServer() }
    /// Its log tells every request.
    static let loggingS3 = Result { try S3Server.moto() }
}

/// `rclone serve restic` over a folder.
struct RESTServer: Sendable {
    let process: ServerProcess
    private let user = "someone"
    private let password: String?
    private let storage: String

    /// - Parameters:
    ///   - storage: the folder; `nil` for one of its own.
    ///   - isOpen: whether it asks for no password.
    init(storage: String? = nil, isOpen: Bool = false, _ arguments: String...) throws {
        let password = isOpen ? nil : "rest-\(UInt64.random(in: 1 << 60 ... .max))"
        let credentials = password.map { ["RCLONE_USER": "someone", "RCLONE_PASS": $0] } ?? [:]
        process = try ServerProcess.start(
            TestServers.program("rclone"), environment: credentials.merging(["RCLONE_CONFIG": "/dev/null"]) { $1 }
        ) { port, folder in
            ["serve", "restic", "--addr", "127.0.0.1:\(port)"] + arguments
                + [storage ?? folder.appending("storage").display]
        }
        self.password = password
        self.storage = storage ?? process.folder.appending("storage").display
    }

    func place(_ name: String) -> RemotePlace {
        RemotePlace(
            location: "rest:http://127.0.0.1:\(process.port)/\(name)/",
            variables: password.map { ["VARVE_REST_USERNAME": user, "VARVE_REST_PASSWORD": $0] } ?? [:],
            secrets: password.map { [$0] } ?? [], folder: "\(storage)/\(name)", port: process.port)
    }
}

extension Sandbox {
    /// A sandbox whose repository is at a remote place.
    convenience init(
        at place: RemotePlace, isInitialized: Bool = true, isEncrypted: Bool = true, _ options: Argument...
    ) throws {
        try self.init(isInitialized: false, isEncrypted: isEncrypted)
        use(place)
        environment["VARVE_REPOSITORY"] = place.location
        if isInitialized {
            try succeed(arguments: ["init", "--quiet"] + (isEncrypted ? [] : ["--no-encryption"]) + options)
        }
    }

    /// Lets programs reach a place, and watches over its secrets.
    func use(_ place: RemotePlace) {
        environment.merge(place.variables) { $1 }
        secrets += place.secrets
    }

    /// Expects that no secret stands in what programs wrote, nor in the cache.
    func expectDiscretion() throws {
        for file in Files.below(path("runs")) + Files.below(path("cache")) + Files.below(path("tmp")) {
            let content = try Files.read(file.path)
            for secret in secrets { #expect(!content.holds(secret), "\(file.path)") }
        }
    }

    /// The names of all packs.
    func listPacks() throws -> [String] { try succeed("list", "packs").lines }
}
