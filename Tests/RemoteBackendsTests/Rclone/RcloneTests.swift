import Backends
import FileIO
import Glibc
import Primitives
import SeededData
import TemporaryFolders
import TestServers
import Testing
import Threads

@testable import RemoteBackends

/// Options by which the rclone of the tests is found.
func rcloneOptions(_ variables: [String: String] = [:]) throws -> BackendOptions {
    let program = try TestServers.program("rclone").display
    return options(["VARVE_RCLONE": program].merging(variables) { $1 })
}

/// The processes that have a text in their arguments, but no shells.
func processes(with text: String) throws -> [pid_t] {
    let entries = try DirectoryListing(of: OpenFile.open("/proc", .readOnly, .directory))
    return entries.compactMap { name in
        guard let id = pid_t(String(decoding: name, as: UTF8.self)),
            words(of: id).contains(where: { $0.contains(text) })
        else { return nil }
        return words(of: id).first == "/bin/sh" || words(of: id).first == "sh" ? nil : id
    }
}

private func words(of process: pid_t) -> [String] { lines("/proc/\(process)/cmdline") }

private func lines(_ path: String) -> [String] {
    let bytes = (try? OpenFile.open(BytePath(path)).readAll(limit: 1 << 20)) ?? []
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}

@Suite("rclone")
struct RcloneTests {
    private func failure<R>(_ body: () throws -> R) throws -> VarveError {
        try #require(#expect(throws: VarveError.self) { _ = try body() })
    }

    /// Waits for what comes soon.
    private func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if try condition() { return true }
            usleep(20_000)
        }
        return false
    }

    private func folders(_ root: TemporaryFolder) throws -> [String] {
        try root.names().map { String(decoding: $0, as: UTF8.self) }.filter { $0.hasPrefix("varve-rclone") }
    }

    @Test("rclone runs while the backend does, in a place that only we may enter, and leaves nothing behind")
    func life() throws {
        let folder = try TemporaryFolder()
        let storage = folder.path.appending("storage").display
        var options = try rcloneOptions(["VARVE_PASSWORD": "hidden", "RCLONE_CONFIG_PASS": "kept"])
        options.temporaryRoot = folder.path
        let backend = try BackendLocation.backend("rclone:\(storage)", options: options)
        #expect(backend.location == "rclone:\(storage)" && backend.visibilityDelay == 0)
        let running = try processes(with: storage)
        #expect(running.count == 1)
        let variables = lines("/proc/\(running[0])/environ")
        #expect(variables.contains("RCLONE_CONFIG_PASS=kept") && !variables.contains { $0.contains("hidden") })
        let sockets = try folders(folder)
        #expect(sockets.count == 1)
        #expect(try FileMetadata.read(folder.path.appending(sockets[0])).permissions & 0o077 == 0)
        try backend.createLayout()
        try backend.put(name([1, 2, 3]), [1, 2, 3])
        backend.close()
        #expect(try processes(with: storage).isEmpty && folders(folder).isEmpty)
        #expect(folder.exists("storage/data/" + name([1, 2, 3]).id.hex.prefix(2) + "/" + name([1, 2, 3]).id.hex))
        backend.close()
        #expect(throws: VarveError.self) { try backend.read(name([1, 2, 3])) }
    }

    @Test("rclone ends with a backend that nobody closed")
    func dropped() throws {
        let folder = try TemporaryFolder()
        let storage = folder.path.appending("storage").display
        var options = try rcloneOptions()
        options.temporaryRoot = folder.path
        do {
            let backend = try BackendLocation.backend("rclone:\(storage)", options: options)
            #expect(try processes(with: storage).count == 1)
            withExtendedLifetime(backend) {}
        }
        #expect(try eventually { try processes(with: storage).isEmpty && folders(folder).isEmpty })
    }

    @Test("a path for a socket that is too long is not used")
    func longPath() throws {
        let folder = try TemporaryFolder()
        var options = try rcloneOptions()
        options.temporaryRoot = folder.path.appending(String(repeating: "x", count: 100))
        let backend = try BackendLocation.backend("rclone:\(folder.path)/storage", options: options)
        defer { backend.close() }
        #expect(try backend.readConfiguration() == nil)
    }

    @Test("an rclone that is killed while something is put is started anew, once")
    func killed() throws {
        let folder = try TemporaryFolder()
        let storage = folder.path.appending("storage").display
        let warnings = Locked<[String]>([])
        var options = try rcloneOptions()
        options.warn = { text in warnings.withLock { $0.append(text) } }
        let backend = try BackendLocation.backend("rclone:\(storage)", options: options)
        defer { backend.close() }
        try backend.createLayout()
        let puts = Monitored<[ObjectName]>([])
        let failure = Monitored<[VarveError]>([])
        let workers = (0..<3).map { number in
            WorkerThread(name: "test-\(number)") {
                var random = SeededRandom(seed: UInt64(number))
                do throws(VarveError) {
                    while true {
                        let bytes = random.bytes(1 << 20)
                        try backend.put(name(bytes), bytes)
                        puts.change { $0.append(name(bytes)) }
                    }
                } catch {
                    failure.change { $0.append(error) }
                }
            }
        }
        puts.wait { $0.count >= 6 ? true : nil }
        for process in try processes(with: storage) { kill(process, SIGKILL) }
        let count = puts.change { $0.count }
        puts.wait { $0.count >= count + 12 ? true : nil }
        #expect(failure.change { $0.isEmpty })
        let texts = warnings.withLock { $0 }
        #expect(texts.contains { $0.contains("SIGKILL") && $0.contains("started anew") })

        for process in try processes(with: storage) { kill(process, SIGKILL) }
        let errors = failure.wait { $0.count == 3 ? $0 : nil }
        for worker in workers { worker.join() }
        for error in errors {
            #expect(error.kind == .storage && error.problem.contains("SIGKILL"))
            #expect(error.problem.contains(backend.location))
        }
        let again = try BackendLocation.backend("rclone:\(storage)", options: rcloneOptions())
        defer { again.close() }
        for name in puts.change({ $0 }) { #expect(sha256(try again.read(name)) == name.id) }
    }

    @Test("a backend that is closed while much is put leaves whole objects")
    func closedWhileBusy() throws {
        let folder = try TemporaryFolder()
        let storage = "rclone:\(folder.path)/storage"
        let backend = try BackendLocation.backend(storage, options: rcloneOptions())
        try backend.createLayout()
        let puts = Monitored<[ObjectName]>([])
        let workers = (0..<4).map { number in
            WorkerThread(name: "test-\(number)") {
                var random = SeededRandom(seed: UInt64(number))
                do throws(VarveError) {
                    while true {
                        let bytes = random.bytes(2 << 20)
                        try backend.put(name(bytes), bytes)
                        puts.change { $0.append(name(bytes)) }
                    }
                } catch {}
            }
        }
        puts.wait { $0.count >= 8 ? true : nil }
        backend.close()
        for worker in workers { worker.join() }
        let again = try BackendLocation.backend(storage, options: rcloneOptions())
        defer { again.close() }
        let objects: [ListedObject] = try again.list(.data)
        #expect(Set(objects.map(\.id)).isSuperset(of: puts.change { $0 }.map(\.id)))
        for object in objects { #expect(sha256(try again.read(ObjectName(.data, object.id))) == object.id) }
    }

    @Test("a missing rclone is told, with what to do")
    func missing() throws {
        for variables in [
            ["VARVE_RCLONE": "/nonexistent/rclone"], ["VARVE_RCLONE": "no-such-rclone"], ["PATH": "/nonexistent"],
        ] {
            let error = try failure {
                try BackendLocation.backend("rclone:place:a", options: options(variables))
            }
            #expect(error.kind == .usage && error.advice.contains("VARVE_RCLONE"))
        }
    }

    @Test("what rclone refuses is told in its words")
    func unknownRemote() throws {
        let variables = ["RCLONE_CONFIG": "/nonexistent/rclone.conf"]
        let error = try failure { try BackendLocation.backend("rclone:place:a", options: rcloneOptions(variables)) }
        #expect(error.kind == .storage && error.problem.contains("place"), "\(error)")
        #expect(error.problem.contains("config file"), "\(error)")
        let option = ["VARVE_RCLONE_ARGS": "--no-such-option"]
        let other = try failure { try BackendLocation.backend("rclone:/tmp/a", options: rcloneOptions(option)) }
        #expect(other.problem.contains("no-such-option"), "\(other)")
        let quote = ["VARVE_RCLONE_ARGS": "'--open"]
        #expect(
            try failure { try BackendLocation.backend("rclone:/tmp/a", options: rcloneOptions(quote)) }.kind == .usage)
    }

    @Test("what an operation fails with has the words of rclone at its end")
    func explained() throws {
        let folder = try TemporaryFolder()
        try folder.write("storage", Array("no folder".utf8))
        let backend = try BackendLocation.backend(
            "rclone:\(folder.path)/storage/repository", options: rcloneOptions())
        defer { backend.close() }
        let error = try failure { try backend.createLayout() }
        #expect(error.kind == .storage && error.problem.contains("not a directory"), "\(error)")
    }

    @Test("further arguments reach rclone: here one by which it only adds")
    func furtherArguments() throws {
        let folder = try TemporaryFolder()
        let options = try rcloneOptions(["VARVE_RCLONE_ARGS": "--append-only"])
        let backend = try BackendLocation.backend("rclone:\(folder.path)/storage", options: options)
        defer { backend.close() }
        try backend.createLayout()
        try backend.put(name([1]), [1])
        #expect(try failure { try backend.delete(name([1])) }.kind == .retained)
    }

    @Test("how late listings may be is known from the kind of remote, or told")
    func visibilityDelay() throws {
        let folder = try TemporaryFolder()
        let configuration = "[one]\ntype = alias\nremote = \(folder.path)\n[two]\ntype = local\n"
        try folder.write("rclone.conf", Array(configuration.utf8))
        func delay(_ remote: String, _ variables: [String: String] = [:]) throws -> Double {
            let configuration = ["RCLONE_CONFIG": folder.path.appending("rclone.conf").display]
            let options = try rcloneOptions(configuration.merging(variables) { $1 })
            let backend = try BackendLocation.backend("rclone:\(remote)", options: options)
            defer { backend.close() }
            return backend.visibilityDelay
        }
        #expect(try delay("one:a") == 5)
        #expect(try delay("two:\(folder.path)/a") == 0)
        #expect(try delay("one:a", ["VARVE_RCLONE_VISIBILITY_DELAY": "0"]) == 0)
        #expect(try delay("two:\(folder.path)/a", ["VARVE_RCLONE_VISIBILITY_DELAY": "1.5"]) == 1.5)
        for text in ["-1", "x", "1e9", "nan"] {
            let error = try failure { try delay("one:a", ["VARVE_RCLONE_VISIBILITY_DELAY": text]) }
            #expect(error.kind == .usage)
        }
    }

    @Test("an rclone that knows no sockets is reached at a port, with a password that stands in no arguments")
    func oldVersion() throws {
        let folder = try TemporaryFolder()
        let storage = folder.path.appending("storage").display
        // What rclone 1.60 does with an address that is no host and port.
        let script = """
            #!/bin/sh
            case "$*" in
                *unix://*) echo "Fatal error: failed to listen: listen tcp: address unix: too many colons" >&2; exit 1 ;;
            esac
            exec \(try TestServers.program("rclone")) "$@"
            """
        let program = folder.path.appending("rclone")
        try OpenFile.open(program, .writeOnly, [.create], permissions: 0o755).write(Array(script.utf8))
        let backend = try BackendLocation.backend(
            "rclone:\(storage)", options: options(["VARVE_RCLONE": program.display, "RCLONE_LOG_LEVEL": "ERROR"]))
        defer { backend.close() }
        try backend.createLayout()
        try backend.put(name([1, 2]), [1, 2])
        #expect(try backend.read(name([1, 2])) == [1, 2])
        let process = try #require(try processes(with: storage).first)
        let variable = try #require(lines("/proc/\(process)/environ").first { $0.hasPrefix("RCLONE_PASS=") })
        let password = variable.dropFirst("RCLONE_PASS=".count)
        #expect(password.count == 48 && !words(of: process).contains { $0.contains(password) })
        let port = try #require(words(of: process).first { $0.hasPrefix("127.0.0.1:") })
        let stranger = try BackendLocation.backend("rest:http://\(port)/", options: options())
        defer { stranger.close() }
        #expect(try failure { try stranger.readConfiguration() }.problem.contains("password"))
    }
}
