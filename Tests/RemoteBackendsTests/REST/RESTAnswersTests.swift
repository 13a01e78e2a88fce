import Backends
import FileIO
import Primitives
import TestServers
import Testing
import Threads
import Transfers

@testable import RemoteBackends

/// What answers come to that real servers give seldom, or never should.
@Suite("Answers of REST servers")
struct RESTAnswersTests {
    private let bytes: [UInt8] = Array(0..<100)

    /// A backend that gives up soon, at a server that answers as the test wants.
    private func backend(_ server: HostileServer, attempts: Int = 3) throws -> RESTBackend {
        var policy = RetryPolicy()
        policy.attemptLimit = attempts
        policy.base = 0.01
        let settings = RESTBackend.Settings(
            location: "rest:the-server", base: server.url + "/r/", concurrency: 4, cancellation: Cancellation())
        return RESTBackend(settings, try HTTPClient(), Retrier(place: "rest:the-server", policy: policy))
    }

    private func withBackend<R>(
        attempts: Int = 3, _ answer: @escaping @Sendable (ReceivedRequest) -> Reaction,
        _ body: (RESTBackend, HostileServer) throws -> R
    ) throws -> R {
        let server = try HostileServer(answer)
        defer { server.stop() }
        let backend = try backend(server, attempts: attempts)
        defer { backend.close() }
        return try body(backend, server)
    }

    private func failure<R>(_ body: () throws -> R) throws -> VarveError {
        try #require(#expect(throws: VarveError.self) { _ = try body() })
    }

    /// A status, a word of the error, how many requests it takes.
    static let refusals: [(status: Int, word: String, requests: Int)] = [
        (400, "400", 1), (401, "VARVE_REST_PASSWORD", 1), (403, "forbids", 1), (301, "https://", 1), (418, "418", 1),
        (413, "quota", 1), (507, "quota", 1), (500, "500", 3), (503, "503", 3), (429, "429", 3),
    ]

    @Test("every refusal is told in words, and tried again only where that can help", arguments: refusals)
    func refusal(status: Int, word: String, requests: Int) throws {
        try withBackend { _ in
            .respond(status, ["Location": "http://else/secret"], "<p>secret</p>")
        } _: {
            backend, server throws in
            let error = try failure { try backend.read(name([1])) }
            #expect(error.kind == .storage && error.description.contains(word), "\(error)")
            #expect(error.isRetryable == (requests > 1) && !error.description.contains("secret"))
            #expect(server.requests.count == requests)
        }
    }

    @Test("rest-server refuses what is there: that is success where the size is equal", arguments: [403, 409])
    func existing(status: Int) throws {
        let answer: @Sendable (ReceivedRequest) -> Reaction = { request in
            if request.method == "POST" { return .respond(status) }
            return request.path.hasSuffix("config") ? .respond(404) : .respond(200, [:], bytes: [1, 2, 3])
        }
        try withBackend(answer) { backend, _ throws in
            try backend.put(name([1, 2, 3]), [1, 2, 3])
            let error = try failure { try backend.put(name([1, 2]), [1, 2]) }
            #expect(error.kind == .storage && error.problem.contains("3 bytes instead of 2"))
        }
    }

    @Test("a server that refuses a new object forbids it")
    func forbidden() throws {
        try withBackend {
            $0.method == "POST" ? .respond(403) : .respond(404)
        } _: { backend, _ throws in
            #expect(try failure { try backend.put(name([1]), [1]) }.problem.contains("forbids"))
            #expect(try failure { try backend.writeConfiguration([1]) }.problem.contains("forbids"))
        }
    }

    @Test("content that is refused is sent again twice, for it may have been changed on the way")
    func refusedContent() throws {
        try withBackend(attempts: 20) {
            $0.method == "POST" ? .respond(400) : .respond(404)
        } _: { backend, server throws in
            let error = try failure { try backend.put(name([1]), [1]) }
            #expect(error.kind == .storage && !error.isRetryable && error.problem.contains("\(name([1]))"))
            #expect(server.requests.count { $0.method == "POST" } == 3)
        }
    }

    @Test("a config that another writes at the same time is seen")
    func configurationRace() throws {
        let stored = Locked<[UInt8]?>(nil)
        // Both writes succeed, and the last one counts.
        let answer: @Sendable (ReceivedRequest) -> Reaction = { request in
            if request.method == "POST" { stored.withLock { $0 = [9, 9] } }
            return stored.withLock { bytes in bytes.map { .respond(200, [:], bytes: $0) } ?? .respond(404) }
        }
        try withBackend(answer) { backend, _ throws in
            #expect(try failure { try backend.writeConfiguration([1, 2]) }.kind == .repositoryExists)
        }
    }

    @Test("a config whose answer was lost is ours")
    func configurationAnswerLost() throws {
        let stored = Locked<[UInt8]?>(nil)
        let answer: @Sendable (ReceivedRequest) -> Reaction = { request in
            stored.withLock { bytes in
                if request.method == "POST" {
                    if bytes != nil { return .respond(403) }
                    bytes = request.body
                    return .closeWithoutResponse
                }
                return bytes.map { .respond(200, [:], bytes: $0) } ?? .respond(404)
            }
        }
        try withBackend(answer) { backend, server throws in
            try backend.writeConfiguration([1, 2])
            #expect(server.requests.count { $0.method == "POST" } == 2)
        }
    }

    @Test("version 1 of the protocol tells no sizes: they are asked for; what is gone by then is left out")
    func versionOne() throws {
        let ids = (0..<3).map { name([$0]).id }
        let answer: @Sendable (ReceivedRequest) -> Reaction = { request in
            if request.method == "HEAD" {
                return request.path.hasSuffix(ids[1].hex) ? .respond(404) : .respond(200, [:], bytes: [1, 2, 3, 4])
            }
            #expect(request.header("accept") == "application/vnd.x.restic.rest.v2")
            return .respond(
                200, ["Content-Type": "application/vnd.x.restic.rest.v1"],
                "[" + ids.map { "\"\($0.hex)\"" }.joined(separator: ",") + "]")
        }
        try withBackend(answer) { backend, server throws in
            let expected = [ids[0], ids[2]].map { ListedObject(id: $0, size: 4) }
            #expect(try backend.list(.keys) == expected)
            #expect(server.requests.first?.path == "/r/keys/" && server.requests.count == 4)
        }
    }

    @Test("a lost folder is an empty one; a repository that is gone is not")
    func lostFolder() throws {
        try withBackend {
            $0.path == "/r/config" ? .respond(200, [:], "x") : .respond(404)
        } _: { backend, _ throws in
            #expect(try backend.list(.index).isEmpty)
        }
        try withBackend { _ in
            .respond(404)
        } _: { backend, _ throws in
            #expect(try failure { try backend.list(.index) }.problem.contains("no repository"))
        }
    }

    @Test("what is no listing is an error", arguments: ["", "<html></html>", "[{\"size\":1}]", "[\"a\""])
    func noListing(text: String) throws {
        try withBackend { _ in
            .respond(200, ["Content-Type": "text/html"], text)
        } _: { backend, _ throws in
            let error = try failure { try backend.list(.data) }
            #expect(error.kind == .storage && error.problem.contains("listing"))
        }
    }

    private func part(_ backend: RESTBackend, _ offset: UInt64, _ count: Int) throws -> [UInt8] {
        var part = [UInt8](repeating: 0xEE, count: count)
        try part.withUnsafeMutableBytes { try backend.read(name(bytes), at: offset, into: $0) }
        return part
    }

    @Test("the parts that a server gives are held to what was asked for")
    func parts() throws {
        let bytes = bytes
        func answer(_ reaction: Reaction) -> @Sendable (ReceivedRequest) -> Reaction {
            { $0.method == "HEAD" ? .respond(200, [:], bytes: bytes) : reaction }
        }
        func ask(_ reaction: Reaction, _ offset: UInt64, _ count: Int) throws -> Result<[UInt8], VarveError> {
            try withBackend(answer(reaction)) { backend, _ throws in
                do {
                    return .success(try part(backend, offset, count))
                } catch let error as VarveError { return .failure(error) }
            }
        }
        func kind(_ result: Result<[UInt8], VarveError>) -> VarveError.Kind? {
            if case .failure(let error) = result { error.kind } else { nil }
        }
        let right = Reaction.respond(206, ["Content-Range": "bytes 10-19/100"], bytes: Array(bytes[10..<20]))
        #expect(try ask(right, 10, 10).get() == Array(bytes[10..<20]))
        #expect(try ask(.respond(206, bytes: Array(bytes[10..<20])), 10, 10).get() == Array(bytes[10..<20]))
        // All of it, where that is not much.
        #expect(try ask(.respond(200, bytes: bytes), 0, 100).get() == bytes)
        #expect(try ask(.respond(200, bytes: bytes), 10, 10).get() == Array(bytes[10..<20]))
        #expect(try kind(ask(.respond(200, bytes: bytes), 95, 10)) == .damaged)
        let large = [UInt8](repeating: 1, count: (1 << 16) + 1)
        #expect(try kind(ask(.respond(200, bytes: large), 10, 10)) == .storage)
        #expect(try kind(ask(right, 11, 10)) == .storage)
        #expect(try kind(ask(.respond(206, bytes: Array(bytes[10..<15])), 10, 10)) == .storage)
        let short = Reaction.respond(206, ["Content-Range": "bytes 95-99/100"], bytes: Array(bytes[95...]))
        #expect(try kind(ask(short, 95, 10)) == .damaged)
        #expect(try kind(ask(.respond(416), 95, 10)) == .damaged)
        #expect(try kind(ask(.respond(500), 95, 10)) == .damaged)
        #expect(try kind(ask(.respond(500), 10, 10)) == .storage)
        #expect(try kind(ask(.respond(404), 10, 10)) == .notFound)
    }

    @Test("half answers, silence and garbage are tried again")
    func brokenAnswers() throws {
        let bytes = bytes
        let first: [Reaction] = [
            .breakOff(after: 10, of: 100), .closeWithoutResponse, .reset, .closeWithinHeaders, .garbage([1, 2, 3]),
        ]
        let answer: @Sendable (ReceivedRequest) -> Reaction = { request in
            request.number < first.count ? first[request.number] : .respond(200, [:], bytes: bytes)
        }
        try withBackend(attempts: 10, answer) { backend, server throws in
            #expect(try backend.read(name(bytes)) == bytes)
            #expect(server.requests.count == first.count + 1)
        }
    }

    @Test("an endless answer ends")
    func endless() throws {
        let answer: @Sendable (ReceivedRequest) -> Reaction = { request in
            request.method == "HEAD" ? .respond(200, [:], claimingLength: 1 << 40) : .endlessBody
        }
        try withBackend(answer) { backend, _ throws in
            #expect(try failure { try backend.readConfiguration() }.kind == .damaged)
            let error = try failure { try backend.read(name([1], in: .locks)) }
            #expect(error.kind == .damaged && error.problem.contains("\(1 << 40)"))
        }
    }

    @Test("a delete that is refused leaves the object for later; of locks it is an error", arguments: [403, 405, 423])
    func retained(status: Int) throws {
        try withBackend { _ in
            .respond(status)
        } _: { backend, _ throws in
            #expect(try failure { try backend.delete(name([1])) }.kind == .retained)
            #expect(try failure { try backend.delete(name([1], in: .locks)) }.kind == .storage)
        }
    }

    @Test("rest-server cannot set objects aside, and what to do is told")
    func setAside() throws {
        try withBackend { _ in
            .respond(200, ["Server": "rest"])
        } _: { backend, server throws in
            let error = try failure { try backend.setAside(name([1])) }
            #expect(error.kind == .storage && error.advice.contains(".damaged"))
            #expect(!server.requests.contains { $0.method == "DELETE" })
        }
    }

    @Test("what rclone shows before it is whole is read again")
    func growing() throws {
        let bytes = bytes
        let answer: @Sendable (ReceivedRequest) -> Reaction = { request in
            .respond(200, ["Server": "rclone/v1.75"], bytes: request.number < 1 ? Array(bytes[..<50]) : bytes)
        }
        try withBackend(answer) { backend, server throws in
            #expect(try backend.read(name(bytes)) == bytes)
            #expect(server.requests.count == 2)
        }
    }

    @Test("a server at a socket is reached, with the path behind it")
    func socket() throws {
        let path = "/tmp/varve-test-\(UInt64.random(in: 0 ... .max))"
        defer { try? BytePath(path).removeFile() }
        let server = try HostileServer(on: .unixSocket(BytePath(path))) { _ in .respond(200, [:], "config") }
        defer { server.stop() }
        let backend = try BackendLocation.backend("rest:http+unix://\(path):/name", options: options())
        defer { backend.close() }
        #expect(try backend.readConfiguration() == Array("config".utf8))
        #expect(server.requests.map(\.path) == ["/name/config"])
    }
}
