import BackendConformance
import Backends
import FileIO
import Glibc
import Primitives
import RemoteBackends
import TemporaryFolders
import TestServers
import Testing
import Threads

@Suite("A repository over SFTP", .timeLimit(.minutes(60)))
struct SFTPBackendTests {
    private static let shared = Result { try SSHServer() }

    private let folder: TemporaryFolder
    private let server: SSHServer
    private let place: SFTPPlace

    init() throws {
        folder = try TemporaryFolder()
        server = try SFTPBackendTests.shared.get()
        place = SFTPPlace(server, path: folder.path.appending("repository"))
    }

    private func names(_ path: BytePath) throws -> [String] {
        try DirectoryListing(of: OpenFile.open(path, .readOnly, .directory)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("lies there as in a local folder, and is used on both sides alike")
    func layout() throws {
        let test = try place.underTest()
        defer { test.backend.close() }
        let local = try BackendUnderTest(LocalBackend(place.path), nameOf: test.nameOf)
        #expect(try names(place.path).sorted() == ["data", "index", "keys", "locks", "snapshots", "tmp"])
        #expect(try names(place.path.appending("data")).count == 256)
        #expect(try FileMetadata.read(place.path).permissions == 0o700)
        let far = try test.put(content(1, count: 300_000))
        let near = try local.put(content(2, count: 300_000))
        #expect(try local.backend.read(far) == content(1, count: 300_000))
        #expect(try test.backend.read(near) == content(2, count: 300_000))
        #expect(try test.list(.data) == local.list(.data))
        let path = place.path.appending("data").appending(String(far.id.hex.prefix(2))).appending(far.id.hex)
        #expect(try FileMetadata.read(path).permissions == 0o600)
        #expect(try names(place.path.appending("tmp")).isEmpty)
        #expect(
            test.backend.location == "sftp://\(server.user)@127.0.0.1:\(server.port)/\(place.path)")
    }

    @Test("makes folders again that were lost because they were empty")
    func lostFolders() throws {
        let test = try place.underTest()
        defer { test.backend.close() }
        try test.backend.writeConfiguration([1])
        for name in ["index", "snapshots", "tmp", "data"] {
            try OpenFile.open(place.path, .readOnly, .directory).removeTree(Array(name.utf8))
        }
        for folder in StorageFolder.allCases { #expect(try test.list(folder).isEmpty) }
        let names = [try test.put([1]), try test.put([2], in: .index), try test.putFile([3], in: .snapshots)]
        for (number, name) in names.enumerated() { #expect(try test.backend.read(name) == [UInt8(number) + 1]) }
    }

    @Test("lists nothing with an error, not as empty, where the whole repository is gone")
    func lostRepository() throws {
        let test = try place.underTest()
        defer { test.backend.close() }
        try test.backend.writeConfiguration([1])
        try OpenFile.open(folder.path, .readOnly, .directory).removeTree(Array("repository".utf8))
        for folder in StorageFolder.allCases {
            #expect(try test.failure { try test.list(folder) }?.kind == .storage)
        }
        #expect(try test.backend.readConfiguration() == nil)
        #expect(try test.failure { try test.put([1]) }?.kind == .storage)
    }

    @Test("clears away what killed writers left a day ago, by the server's clock, and nothing else")
    func staleFiles() throws {
        let test = try place.underTest()
        defer { test.backend.close() }
        let tmp = place.path.appending("tmp")
        let names = (0..<3).map { "sftp-" + Hex.encode([UInt8](repeating: UInt8($0), count: 16)) }
        let live = try TemporaryFile.create(in: tmp)
        for name in names + ["sftp-short", "notes"] {
            try OpenFile.open(tmp.appending(name), .writeOnly, .create).write([1])
        }
        func makeOld(_ name: String) {
            var times = [timeval](repeating: timeval(tv_sec: time(nil) - 90_000, tv_usec: 0), count: 2)
            #expect(utimes(tmp.appending(name).display, &times) == 0)
        }
        for name in [names[0], names[1], "sftp-short", "notes"] { makeOld(name) }
        makeOld(String(decoding: live.path.lastComponent, as: UTF8.self))
        try test.backend.prepareForWriting()
        let left = try Set(self.names(tmp))
        #expect(left == [names[2], "sftp-short", "notes", String(decoding: live.path.lastComponent, as: UTF8.self)])
        // And who works on the server itself leaves alone what is being written over SFTP.
        try LocalBackend(place.path).prepareForWriting()
        #expect(try self.names(tmp).contains(names[2]))
    }

    @Test("goes on over another connection where one breaks off in the middle of a put or a read")
    func brokenConnections() throws {
        // A server of its own, for all that stands there is killed.
        let server = try SSHServer()
        var place = SFTPPlace(server, path: folder.path.appending("repository"))
        place.options.uploadLimit = 24 << 20
        place.options.downloadLimit = 24 << 20
        let test = try place.underTest()
        defer { test.backend.close() }
        let tmp = place.path.appending("tmp")
        let bytes = content(1, count: 12 << 20)
        let killed = Monitored(0)
        let isDone = Monitored(false)
        let killer = WorkerThread(name: "killer") {
            var seen: Set<String> = []
            while killed.change({ $0 }) < 2, !isDone.change({ $0 }) {
                // In the middle: of a file some bytes are there, and not all.
                for name in (try? self.names(tmp)) ?? [] where !seen.contains(name) {
                    guard let size = try? FileMetadata.read(tmp.appending(name)).size, size > 1 << 20 else { continue }
                    seen.insert(name)
                    try? server.killSessions()
                    killed.change { $0 += 1 }
                }
                usleep(1000)
            }
        }
        let name = try test.put(bytes)
        isDone.change { $0 = true }
        killer.join()
        #expect(killed.change { $0 } == 2)
        #expect((test.backend.traffic?.requests[.write] ?? 0) >= 3)
        #expect(try names(tmp).isEmpty)

        let reader = WorkerThread(name: "killer") {
            while (test.backend.traffic?.receivedBytes ?? .max) < 1 << 20 { usleep(1000) }
            try? server.killSessions()
        }
        #expect(try test.backend.read(name) == bytes)
        reader.join()
        #expect((test.backend.traffic?.requests[.read] ?? 0) >= 2)
    }

    @Test("a server that is gone is said to be gone, and what failed may be tried again")
    func goneServer() throws {
        let server = try SSHServer()
        var place = SFTPPlace(server, path: folder.path.appending("repository"))
        place.options.retries.attemptLimit = 3
        let test = try place.underTest()
        defer { test.backend.close() }
        try test.backend.writeConfiguration([1])
        try server.kill()
        let error = try test.failure { try test.backend.readConfiguration() }
        #expect(error?.kind == .storage && error?.isRetryable == true)
        #expect(error?.problem.contains("Connection refused") == true, "\(error as Any)")
        #expect(error?.problem.contains(test.backend.location) == true)
    }

    @Test("holds to the limits of speed, all connections together")
    func limits() throws {
        var limited = place
        limited.options.uploadLimit = 4 << 20
        limited.options.downloadLimit = 8 << 20
        let test = try limited.underTest()
        defer { test.backend.close() }
        let start = ContinuousClock.now
        onThreads(4) { try test.put(content(UInt64($0), count: 1 << 20)) }
        let middle = ContinuousClock.now
        onThreads(4) { thread throws in
            _ = try test.backend.read(test.name(content(UInt64(thread), count: 1 << 20), in: .data))
        }
        let end = ContinuousClock.now
        // What a tenth of a second of rest brings may go at once.
        #expect((0.89...5).contains((middle - start) / .seconds(1)))
        #expect((0.39...5).contains((end - middle) / .seconds(1)))
    }

    @Test("leaves no process behind when it is closed or let go of")
    func processes() throws {
        for closes in [true, false] {
            var options = place.options
            let file = folder.path.appending("ssh-pid-\(closes)")
            options.sshCommand = "bash -c 'echo $$ >>\(file); exec \"$@\"' bash \(options.sshCommand)"
            do {
                let backend = try SFTPBackend(options)
                #expect(try backend.readConfiguration() == nil)
                if closes { backend.close() }
            }
            let text = String(decoding: try OpenFile.open(file).readAll(limit: 100), as: UTF8.self)
            let process = try #require(pid_t(text.filter(\.isNumber)))
            let deadline = ContinuousClock.now + .seconds(5)
            while kill(process, 0) == 0, ContinuousClock.now < deadline { usleep(5000) }
            #expect(kill(process, 0) != 0)
        }
    }
}
