import FileIO
import Primitives
import SeededData
import TemporaryFolders
import TestServers
import Testing
import Threads

@testable import Transfers

/// What is sent and what comes back, with a server that does no wrong.
@Suite struct HTTPClientTests {
    @Test(arguments: [HTTPMethod.get, .head, .put, .post, .delete])
    func requestsArriveAsTheyAre(_ method: HTTPMethod) throws {
        let server = try HostileServer { _ in .respond(200, ["X-Answer": "a b"], "hello") }
        let client = try makeClient()
        let response = try client.send(
            HTTPRequest(
                method, server.url + "/b/..%2f/../k%20y?a=b&c",
                headers: [HTTPHeader("X-Test", "1"), HTTPHeader("X-No", "")]
            ))
        #expect(response.status == 200 && response.header("x-answer") == "a b")
        #expect(response.body == (method == .head ? [] : Array("hello".utf8)))
        let request = try #require(server.requests.first)
        #expect(request.method == method.rawValue)
        #expect(request.target == "/b/..%2f/../k%20y?a=b&c")
        #expect(request.header("x-test") == "1" && request.header("x-no") == "")
        #expect(request.header("user-agent") == "varve")
        #expect(request.header("host") == "127.0.0.1:\(server.port)")
        #expect(request.header("expect") == nil && request.header("content-type") == nil)
        #expect(request.header("transfer-encoding") == nil)
        let sendsLength = method == .put || method == .post
        #expect(request.header("content-length") == (sendsLength ? "0" : nil))
    }

    @Test func bodiesGoAndComeFromMemoryAndFiles() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 1)
        let bytes = random.bytes(40_000_000)
        try folder.write("body", bytes)
        let file = try OpenFile.open(folder.path.appending("body"))
        let server = try HostileServer { request in .respond(200, [:], bytes: request.body) }
        let client = try makeClient()
        func echo(_ body: HTTPBody, _ method: HTTPMethod = .put) throws -> [UInt8] {
            try client.send(HTTPRequest(method, server.url, body: body, responseLimit: bytes.count)).body
        }
        #expect(try echo(.bytes([])) == [])
        #expect(try echo(.bytes([7]), .post) == [7])
        #expect(try echo(.bytes(Array("<Delete/>".utf8)), .delete) == Array("<Delete/>".utf8))
        #expect(try echo(.bytes(bytes)) == bytes)
        #expect(try echo(.file(file, offset: 0, count: 40_000_000)) == bytes)
        #expect(try echo(.file(file, offset: 12_345_678, count: 5_000_001)) == Array(bytes[12_345_678..<17_345_679]))
        #expect(client.counts.attempts == [.write: 5, .delete: 1])
        let total = UInt64(1 + 9 + 40_000_000 * 2 + 5_000_001)
        #expect(client.counts.sentBytes == total && client.counts.receivedBytes == total)
    }

    @Test func aFileThatCannotGiveItsBytesEndsTheRequest() throws {
        let folder = try TemporaryFolder()
        try folder.write("short", [1, 2, 3])
        let file = try OpenFile.open(folder.path.appending("short"))
        let server = try HostileServer { _ in .respond(200) }
        let request = HTTPRequest(.put, server.url, body: .file(file, offset: 0, count: 100_000))
        #expect(try makeClient().failure(request)?.cause == .unreadableBody)
    }

    @Test func redirectsAreAnswers() throws {
        let server = try HostileServer { _ in .respond(307, ["Location": "file:///etc/passwd"], "elsewhere") }
        let response = try makeClient().send(HTTPRequest(.get, server.url))
        #expect(response.status == 307 && response.header("location") == "file:///etc/passwd")
        #expect(server.requests.count == 1)
    }

    @Test func requestsAreCountedByPurpose() throws {
        let server = try HostileServer { _ in .respond(200) }
        let client = try makeClient()
        for method in [HTTPMethod.get, .head, .put, .post, .delete] {
            _ = try client.send(HTTPRequest(method, server.url))
        }
        _ = try client.send(HTTPRequest(.get, server.url, purpose: .list))
        #expect(client.counts.attempts == [.read: 2, .write: 2, .delete: 1, .list: 1])
    }

    @Test func manyThreadsShareFewConnections() throws {
        let server = try HostileServer { request in .respond(200, [:], request.path) }
        let client = try makeClient { $0.connections = 8 }
        onThreads(32) { thread in
            for round in 0..<25 {
                let path = "/\(thread)/\(round)"
                let response = try client.send(HTTPRequest(.get, server.url + path))
                #expect(response.body == Array(path.utf8))
            }
        }
        #expect(server.requests.count == 800)
        #expect(server.connectionCount <= 8)
    }

    @Test func asManyAreUnderWayAsThereAreConnections() throws {
        let gate = Monitored((inside: 0, most: 0, isOpen: false))
        let server = try HostileServer { _ in
            gate.change {
                $0.inside += 1
                $0.most = max($0.most, $0.inside)
            }
            gate.wait { $0.isOpen ? () : nil }
            gate.change { $0.inside -= 1 }
            return .respond(200)
        }
        let client = try makeClient { $0.connections = 5 }
        let opener = WorkerThread(name: "opener") {
            gate.wait { $0.inside >= 5 ? () : nil }
            gate.change { $0.isOpen = true }
        }
        onThreads(12) { _ in _ = try client.send(HTTPRequest(.get, server.url)) }
        opener.join()
        #expect(gate.change { $0.most } == 5)
    }

    @Test func aUnixSocketStandsForEveryHost() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("socket")
        let server = try HostileServer(on: .unixSocket(path)) { request in .respond(200, [:], request.path) }
        let client = try makeClient { $0.unixSocket = path }
        let response = try client.send(HTTPRequest(.get, "http://rclone.invalid/a"))
        #expect(response.body == Array("/a".utf8))
        #expect(server.requests.first?.header("host") == "rclone.invalid")
        server.stop()
        #expect(client.failure(HTTPRequest(.get, "http://rclone.invalid/a"))?.cause == .unreachable)
    }

    @Test func whatCannotBeSentIsRefused() throws {
        let client = try makeClient()
        let header = HTTPRequest(.get, "http://127.0.0.1:1/", headers: [HTTPHeader("X", "a\nb")])
        #expect(client.failure(header)?.cause == .invalidRequest)
        #expect(client.failure(HTTPRequest(.get, "gopher://127.0.0.1/"))?.cause == .invalidRequest)
        #expect(client.failure(HTTPRequest(.get, "http://127.0.0.1:99999/"))?.cause == .invalidRequest)
    }
}
