import Backends
import FileIO
import Hashing
import Primitives
import TestServers

@testable import RemoteBackends

/// `rclone serve restic`, which lets tests make as many repositories as they like.
struct RcloneServer: Sendable {
    let process: ServerProcess
    /// The storage, where that is a folder.
    let folder: BytePath

    /// - Parameter remote: `nil` for a folder.
    init(remote: String? = nil, port: UInt16? = nil, _ arguments: [String] = []) throws {
        process = try ServerProcess.start(TestServers.program("rclone"), port: port) { port, folder in
            let remote = remote ?? folder.appending("storage").display
            return ["serve", "restic", "--addr", "127.0.0.1:\(port)", "--config", ""] + arguments + [remote]
        }
        folder = process.folder.appending("storage")
    }

    /// Keeps objects in memory, and shows them when they are whole, as the storages of cloud providers do.
    static let inMemory = Result { try RcloneServer(remote: ":memory:") }

    /// Keeps objects in a folder, where they show while they grow.
    static let inFolder = Result {
        try RcloneServer(["--user", "someone", "--pass", "se:cret@1", "--cache-objects=false"])
    }

    /// Where a repository of a name of its own may be.
    func location(credentials: String = "") -> String {
        "rest:http://\(credentials)127.0.0.1:\(process.port)/r\(UInt64.random(in: 0 ... .max))/"
    }
}

/// SHA-256, by which servers check what they get.
@Sendable func sha256(_ bytes: [UInt8]) -> Digest { SHA256Hasher.digest(of: bytes) }

/// The name of an object with these bytes.
func name(_ bytes: [UInt8], in folder: StorageFolder = .data) -> ObjectName { ObjectName(folder, sha256(bytes)) }

/// Options that take nothing from the environment of the tests.
func options(_ variables: [String: String] = [:]) -> BackendOptions {
    let path = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"]
    return BackendOptions(processEnvironment: .init(path.merging(variables) { $1 }))
}
