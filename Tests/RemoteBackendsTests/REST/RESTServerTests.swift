import Backends
import FileIO
import Primitives
import SeededData
import TemporaryFolders
import TestServers
import Testing
import Threads
import Transfers

@testable import RemoteBackends

@Suite("REST servers")
struct RESTServerTests {
    private func failure<R>(_ body: () throws -> R) throws -> VarveError {
        try #require(#expect(throws: VarveError.self) { _ = try body() })
    }

    @Test("a server that only adds takes new objects, deletes locks alone, and says so of the others")
    func appendOnly() throws {
        let server = try RcloneServer(["--append-only"])
        let backend = try BackendLocation.backend(server.location(), options: options())
        defer { backend.close() }
        try backend.createLayout()
        try backend.writeConfiguration([1, 2])
        #expect(try failure { try backend.writeConfiguration([3]) }.kind == .repositoryExists)
        for folder in StorageFolder.allCases {
            let name = name([7, 8, 9], in: folder)
            try backend.put(name, [7, 8, 9])
            // Again, as after an answer that was lost.
            try backend.put(name, [7, 8, 9])
            #expect(try backend.read(name) == [7, 8, 9])
            if folder == .locks {
                try backend.delete(name)
                #expect(try backend.list(folder).isEmpty)
                continue
            }
            let error = try failure { try backend.delete(name) }
            #expect(error.kind == .retained && error.problem.contains("\(name)"))
            #expect(error.problem.contains(backend.location))
            #expect(try backend.list(folder).map(\.id) == [name.id])
        }
        #expect(try backend.readConfiguration() == [1, 2])
    }

    @Test("what a cut-off write left at a server that only adds is named, not taken for the object")
    func appendOnlyRest() throws {
        let server = try RcloneServer(["--append-only"])
        let backend = try BackendLocation.backend(server.location(), options: options())
        defer { backend.close() }
        try backend.createLayout()
        let name = name([1, 2, 3, 4])
        try backend.put(name, [1, 2])
        let error = try failure { try backend.put(name, [1, 2, 3, 4]) }
        #expect(error.kind == .storage && error.problem.contains("2 bytes instead of 4"))
    }

    @Test("what a cut-off write left is replaced")
    func partReplaced() throws {
        let server = try RcloneServer()
        let backend = try BackendLocation.backend(server.location(), options: options())
        defer { backend.close() }
        try backend.createLayout()
        let name = name([1, 2, 3, 4])
        try backend.put(name, [1, 2])
        try backend.put(name, [1, 2, 3, 4])
        #expect(try backend.read(name) == [1, 2, 3, 4])
    }

    @Test("user and password come from the URL, or from the environment, and a wrong one is told")
    func passwords() throws {
        let server = try RcloneServer(["--user", "someone", "--pass", "right"])
        let folder = try TemporaryFolder()
        try folder.write("password", Array("right\nmore\n".utf8))
        let file = folder.path.appending("password").display
        func open(_ credentials: String, _ variables: [String: String] = [:]) throws -> [UInt8]? {
            let location = server.location(credentials: credentials)
            let backend = try BackendLocation.backend(location, options: options(variables))
            defer { backend.close() }
            return try backend.readConfiguration()
        }
        #expect(try open("someone:right@") == nil)
        #expect(try open("", ["VARVE_REST_USERNAME": "someone", "VARVE_REST_PASSWORD": "right"]) == nil)
        #expect(try open("", ["VARVE_REST_USERNAME": "someone", "VARVE_REST_PASSWORD_FILE": file]) == nil)
        #expect(try open("someone@", ["VARVE_REST_PASSWORD": "right"]) == nil)
        #expect(try open("someone:right@", ["VARVE_REST_PASSWORD": "wrong"]) == nil)
        for (credentials, variables) in [
            ("", [:]), ("someone:hidden@", [:]), ("other:right@", [:]), ("someone@", [:]),
            ("", ["VARVE_REST_USERNAME": "someone", "VARVE_REST_PASSWORD": "hidden"]),
        ] as [(String, [String: String])] {
            let error = try failure { try open(credentials, variables) }
            #expect(error.kind == .storage && error.description.contains("VARVE_REST_PASSWORD_FILE"))
            #expect(!error.description.contains("hidden") && !error.isRetryable)
        }
        #expect(try failure { try open("", ["VARVE_REST_PASSWORD": "right"]) }.kind == .usage)
        #expect(
            try failure { try open("someone@", ["VARVE_REST_PASSWORD_FILE": "/nonexistent/x"]) }.kind == .local)
    }

    @Test("a password that would go in the clear is warned of")
    func clearPassword() throws {
        let warnings = Locked<[String]>([])
        var options = options()
        options.warn = { text in warnings.withLock { $0.append(text) } }
        for location in [
            "rest:http://me:hidden@host.example/", "rest:https://me:hidden@host.example/", "rest:http://host.example/",
            "rest:http://me:hidden@127.0.0.1:9/",
        ] { try BackendLocation.backend(location, options: options).close() }
        let texts = warnings.withLock { $0 }
        #expect(texts.count == 1 && texts.allSatisfy { $0.contains("host.example") && !$0.contains("hidden") })
    }

    /// A backend that gives up soon.
    private func impatient(_ location: String, attempts: Int) throws -> RESTBackend {
        guard case .rest(let rest) = try BackendLocation(parsing: location) else {
            throw ServerFailure("no REST location")
        }
        var policy = RetryPolicy()
        policy.attemptLimit = attempts
        policy.base = 0.2
        let settings = RESTBackend.Settings(
            location: rest.shown, base: rest.address.shown, concurrency: 4, cancellation: Cancellation())
        return RESTBackend(settings, try HTTPClient(), Retrier(place: rest.shown, policy: policy))
    }

    @Test("a server that ends in the middle is an error that may pass, and work goes on when it is back")
    func serverDies() throws {
        let server = try RcloneServer()
        let location = server.location()
        let backend = try impatient(location, attempts: 4)
        defer { backend.close() }
        try backend.createLayout()
        let puts = Monitored(0)
        let failure = Monitored<VarveError?>(nil)
        let worker = WorkerThread(name: "test") {
            var random = SeededRandom(seed: 1)
            do throws(VarveError) {
                for _ in 0..<10_000 {
                    let bytes = random.bytes(1 << 20)
                    try backend.put(name(bytes), bytes)
                    puts.change { $0 += 1 }
                }
            } catch {
                failure.change { $0 = error }
            }
        }
        puts.wait { $0 >= 3 ? true : nil }
        server.process.stop()
        let error = failure.wait { $0 }
        worker.join()
        #expect(error.kind == .storage && error.isRetryable && error.problem.contains(backend.location))
    }

    @Test("a server that starts late is waited for")
    func serverReturns() throws {
        let first = try RcloneServer()
        let location = first.location()
        let backend = try impatient(location, attempts: 50)
        defer { backend.close() }
        try backend.createLayout()
        first.process.stop()
        let result = Monitored<Result<Void, VarveError>?>(nil)
        let worker = WorkerThread(name: "test") {
            let outcome = Result { () throws(VarveError) in try backend.put(name([1, 2, 3]), [1, 2, 3]) }
            result.change { $0 = outcome }
        }
        let second = try RcloneServer(port: first.process.port)
        try result.wait { $0 }.get()
        worker.join()
        #expect(try backend.read(name([1, 2, 3])) == [1, 2, 3])
        withExtendedLifetime(second) {}
    }
}
