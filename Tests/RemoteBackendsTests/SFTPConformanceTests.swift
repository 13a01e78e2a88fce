import BackendConformance
import Backends
import FileIO
import Hashing
import Primitives
import RemoteBackends
import TemporaryFolders
import TestServers
import Testing
import Threads

@Suite("Every backend over SFTP", .timeLimit(.minutes(60)))
struct SFTPConformanceTests {
    private static let openSSH = Result { try SSHServer() }
    /// A server that knows version 3 of the protocol and nothing beyond.
    private static let plain = Result {
        try SSHServer(subsystem: "internal-sftp -P posix-rename,hardlink,fsync,limits,statvfs")
    }
    private static let rclone = Result { try RcloneSFTPServer() }

    @Test("with OpenSSH's server", arguments: BackendConformance.all)
    func openSSH(promise: BackendConformance) throws {
        let folder = try TemporaryFolder()
        let server = try SFTPConformanceTests.openSSH.get()
        try SFTPPlace(server, path: folder.path.appending("a/repository")).underTest().check(promise)
    }

    @Test("with a server without extensions", arguments: BackendConformance.all)
    func plain(promise: BackendConformance) throws {
        let folder = try TemporaryFolder()
        let server = try SFTPConformanceTests.plain.get()
        try SFTPPlace(server, path: folder.path.appending("repository")).underTest().check(promise)
    }

    @Test("with rclone as the server", arguments: BackendConformance.all)
    func rclone(promise: BackendConformance) throws {
        let server = try SFTPConformanceTests.rclone.get()
        let name = "repository-\(UInt64.random(in: 0 ... .max))"
        let place = SFTPPlace(server, folder: name)
        try place.underTest().check(promise)
    }
}

/// A folder behind a server of this machine, seen from both sides.
struct SFTPPlace {
    /// To reach it over SFTP; tests may change what they like.
    var options: SFTPOptions
    /// The same folder on this machine.
    let path: BytePath
    /// Whether the server renames over what has the name, so that it is there meanwhile.
    private var replacesAtOnce = true

    init(_ server: SSHServer, path: BytePath, command: String? = nil) {
        self.path = path
        options = SFTPOptions(
            SFTPLocation(user: server.user, host: "127.0.0.1", port: Int(server.port), path: path.display))
        options.sshCommand = command ?? server.command()
        setPatience()
    }

    /// - Parameter folder: relative to what the server serves.
    init(_ server: RcloneSFTPServer, folder: String) {
        path = server.root.appending(folder)
        options = SFTPOptions(
            SFTPLocation(user: "tester", host: "127.0.0.1", port: Int(server.port), path: "/\(folder)"))
        options.sshCommand = server.command
        // It takes away what has the name before it renames.
        replacesAtOnce = false
        setPatience()
    }

    private mutating func setPatience() {
        options.retries.base = 0.05
        options.retries.delayLimit = 0.5
        options.retries.attemptLimit = 8
        options.retries.timeLimit = 20
    }

    func backend() throws -> SFTPBackend { try SFTPBackend(options) }

    func underTest() throws -> BackendUnderTest {
        var traits = BackendTraits.remote()
        traits.replacesAtOnce = replacesAtOnce
        var others = options
        others.cancellation = Cancellation()
        traits.reopen = { [others] in try SFTPBackend(others) }
        traits.cancel = { [options] in options.cancellation.cancel(VarveError(.cancelled, "ended by the test")) }
        traits.plant = { [path] folder, name, bytes in
            let parent = path.appending(folder.rawValue)
            let file = (folder == .data ? parent.appending("a1") : parent).appending(name)
            try OpenFile.open(file, .writeOnly, [.create, .truncate]).write(bytes)
        }
        return try BackendUnderTest(
            SFTPBackend(options), nameOf: { SHA256Hasher.digest(of: $0) }, traits: traits)
    }
}
