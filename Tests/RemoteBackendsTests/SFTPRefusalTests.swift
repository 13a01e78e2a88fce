import BackendConformance
import Backends
import FileIO
import Glibc
import Primitives
import RemoteBackends
import TemporaryFolders
import TestServers
import Testing

/// What users meet first: wrong keys, wrong names, full disks.
@Suite("A repository over SFTP, refused", .timeLimit(.minutes(60)))
struct SFTPRefusalTests {
    private static let shared = Result { try SSHServer() }

    private let folder: TemporaryFolder
    private let server: SSHServer

    init() throws {
        folder = try TemporaryFolder()
        server = try SFTPRefusalTests.shared.get()
    }

    private func failure(_ change: (inout SFTPOptions) -> Void) throws -> VarveError {
        var place = SFTPPlace(server, path: folder.path.appending("repository"))
        change(&place.options)
        place.options.retries.attemptLimit = 2
        let backend = try place.backend()
        defer { backend.close() }
        do {
            _ = try backend.readConfiguration()
        } catch { return error }
        throw VarveError(.usage, "nothing failed")
    }

    private func expectFinal(_ error: VarveError, _ problem: String, _ advice: String) {
        #expect(error.kind == .storage && !error.isRetryable, "\(error)")
        #expect(error.problem.contains(problem), "\(error)")
        #expect(error.problem.contains("127.0.0.1"), "\(error)")
        #expect(error.advice.contains(advice), "\(error)")
    }

    @Test("for an unknown or changed host key, with what to do")
    func hostKeys() throws {
        let unknown = try failure { $0.sshCommand = server.command(hosts: "no_hosts") }
        expectFinal(unknown, "Host key verification failed", "log in by ssh once by hand")
        let changed = try failure { $0.sshCommand = server.command(hosts: "wrong_hosts") }
        expectFinal(changed, "Host key verification failed", "another host key than before")
    }

    @Test("for a wrong key of the user, with what to do")
    func userKey() throws {
        let error = try failure { $0.sshCommand = server.command(key: "wrong_key") }
        expectFinal(error, "Permission denied", "authorized_keys")
    }

    @Test("for an option that ssh does not know")
    func option() throws {
        let error = try failure { $0.sshCommand += " -o NoSuchOption=yes" }
        expectFinal(error, "nosuchoption", "VARVE_SSH")
    }

    @Test("for an ssh that is not there")
    func program() throws {
        let error = try failure { $0.sshCommand = "no-such-ssh" }
        #expect(error.kind == .local && error.problem.contains("no-such-ssh"))
        #expect(error.advice.contains("openssh-client"))
    }

    @Test("for a host that nobody knows, or a port where nobody answers, which may be otherwise later")
    func address() throws {
        let unknown = try failure { $0.location.host = "no-such-host.invalid" }
        #expect(unknown.kind == .storage && unknown.problem.contains("Could not resolve hostname"), "\(unknown)")
        let port = try LoopbackPort.free()
        let silent = try failure { $0.location.port = Int(port) }
        #expect(silent.kind == .storage && silent.isRetryable, "\(silent)")
        #expect(silent.problem.contains("Connection refused"), "\(silent)")
    }

    @Test("for a server without SFTP")
    func noSFTP() throws {
        let server = try SSHServer(subsystem: "/nonexistent/sftp-server")
        var place = SFTPPlace(server, path: folder.path)
        place.options.retries.attemptLimit = 2
        let backend = try place.backend()
        defer { backend.close() }
        #expect(throws: VarveError.self) { try backend.readConfiguration() }
    }

    @Test("by a server that lets nothing be written, where all can be read")
    func readOnly() throws {
        let path = folder.path.appending("repository")
        let local = try BackendUnderTest(LocalBackend(path))
        try local.backend.writeConfiguration([1, 2, 3])
        let name = try local.put([1, 2])
        let server = try SSHServer(subsystem: "internal-sftp -R")
        let backend = try SFTPPlace(server, path: path).backend()
        defer { backend.close() }
        #expect(try backend.readConfiguration() == [1, 2, 3])
        #expect(try backend.read(name) == [1, 2])
        for error in [
            try local.failure { try backend.put(local.name([9], in: .data), [9]) },
            try local.failure { try backend.delete(name) },
            try local.failure { try backend.setAside(name) },
        ] {
            #expect(error?.kind == .storage && error?.isRetryable == false)
            #expect(error?.problem.contains("ermission denied") == true, "\(error as Any)")
            #expect(error?.advice.contains("permissions") == true)
        }
    }

    @Test(
        "to an account without the rights in the folder",
        .enabled(if: geteuid() == 0, "root alone can serve another account"))
    func noRights() throws {
        let server = try SSHServer(user: "nobody")
        let path = folder.path.appending("repository")
        _ = try BackendUnderTest(LocalBackend(path))
        chmod(folder.path.display, 0o755)
        let backend = try SFTPPlace(server, path: path).backend()
        defer { backend.close() }
        let test = try BackendUnderTest(MemoryBackend())
        for error in [
            try test.failure { try backend.readConfiguration() }, try test.failure { try backend.prepareForWriting() },
            try test.failure { try backend.put(test.name([1], in: .data), [1]) },
        ] {
            #expect(error?.kind == .storage && error?.isRetryable == false)
            #expect(error?.problem.contains("ermission denied") == true, "\(error as Any)")
            #expect(error?.advice.contains("permissions") == true)
        }
    }

    @Test(
        "by a full disk, which is said to be one, keeps no part of an object, and is no harm once there is space again",
        .enabled(if: MountedFolder.isAllowed, "mounting a file system needs root"))
    func fullDisk() throws {
        let disk = try MountedFolder(kibibytes: 2048)
        let root = disk.path.appending("repository")
        let test = try SFTPPlace(server, path: root).underTest()
        defer { test.backend.close() }
        var stored: [ObjectName] = []
        var failures: [VarveError?] = []
        var number: UInt64 = 0
        while failures.count < 3 {
            let bytes = content(number, count: 100_000 / (failures.count + 1))
            let name = test.name(bytes, in: number % 2 == 0 ? .data : .index)
            if let error = try test.failure({ try test.backend.put(name, bytes) }) {
                failures.append(error)
                #expect(try test.failure { try test.backend.read(name) }?.kind == .notFound)
            } else {
                stored.append(name)
            }
            number += 1
        }
        for error in failures {
            #expect(error?.kind == .storage && error?.isRetryable == false)
            #expect(error?.problem.contains("the disk there is full") == true, "\(error as Any)")
            #expect(error?.advice.contains("free some space") == true)
        }
        let tmp = try OpenFile.open(root.appending("tmp"), .readOnly, .directory)
        #expect(try Array(DirectoryListing(of: tmp)).isEmpty)
        for name in stored { #expect(test.nameOf(try test.backend.read(name)) == name.id) }
        try test.backend.delete(stored.removeFirst())
        try test.backend.prepareForWriting()
        stored.append(try test.putFile(content(1001, count: 10_000)))
        for name in stored { #expect(test.nameOf(try test.backend.read(name)) == name.id) }
    }

    @Test(
        "by what is no SFTP server",
        arguments: [
            ("echo Welcome to this host", "start-up files"), ("head -c 100000 /dev/zero", "start-up files"),
            (#"printf '\0\0\0\5\2\0\0\0\2'; cat >/dev/null"#, ""),
            (#"printf '\0\0\0\1\2'; cat >/dev/null"#, "start-up files"),
        ])
    func otherPrograms(script: String, advice: String) throws {
        let error = try failure { $0.sshCommand = "bash -c \"\(script.replacing("\\", with: "\\\\"))\"" }
        expectFinal(error, "SFTP", advice)
    }

    @Test(
        "by a server that answers nonsense, in bounded time",
        arguments: [
            "head -c 300000 /dev/urandom", #"printf '\0\0\0\5\145\0\0\0\1'"#,
            #"printf '\0\0\0\11\147\0\0\0\1\377\377\377\377'"#,
            #"printf '\377\377\377\377'"#, "exit 7",
        ])
    func nonsense(script: String) throws {
        let script = #"printf '\0\0\0\5\2\0\0\0\3'; "# + script
        let error = try failure { $0.sshCommand = "bash -c \"\(script.replacing("\\", with: "\\\\"))\"" }
        #expect(error.kind == .storage && error.isRetryable, "\(error)")
    }
}
