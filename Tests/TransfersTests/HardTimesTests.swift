import Primitives
import TestServers
import Testing
import Threads

@testable import Transfers

/// One way in which a server misbehaves, and what comes of it.
struct Misbehaviour: Sendable, CustomTestStringConvertible {
    let name: String
    let reaction: Reaction
    let cause: TransferFailure.Cause

    init(_ name: String, _ reaction: Reaction, _ cause: TransferFailure.Cause) {
        self.name = name
        self.reaction = reaction
        self.cause = cause
    }

    var testDescription: String { name }

    static let all = [
        Misbehaviour("closes without a response", .closeWithoutResponse, .brokenOff),
        Misbehaviour("resets", .reset, .brokenOff),
        Misbehaviour("closes within the headers", .closeWithinHeaders, .brokenOff),
        Misbehaviour("closes within the body", .breakOff(after: 500, of: 1000), .brokenOff),
        Misbehaviour("closes before the body", .breakOff(after: 0, of: 1000), .brokenOff),
        Misbehaviour("resets within the body", .breakOff(after: 500, of: 1000, by: .reset), .brokenOff),
        Misbehaviour("half-closes within the body", Reaction.breakOff(after: 5, of: 9, by: .endSending), .brokenOff),
        Misbehaviour("closes within a chunk", .closeWithinChunk, .brokenOff),
        Misbehaviour("sends a chunk that is none", .badChunk, .brokenOff),
        Misbehaviour("never ends its headers", .endlessHeaders, .tooLarge),
        Misbehaviour("never ends a header line", .endlessHeaderLine, .tooLarge),
        Misbehaviour("never ends its body", .endlessBody, .tooLarge),
        Misbehaviour(
            "sends more than the limit", .respond(200, bytes: [UInt8](repeating: 0, count: 100_001)), .tooLarge),
        Misbehaviour("speaks no HTTP", .garbage(Array("220 mail.example ESMTP\r\n".utf8)), .malformed),
        Misbehaviour("sends noise", .garbage([UInt8](repeating: 0x80, count: 10_000)), .malformed),
        Misbehaviour("is silent", .stall, .timedOut),
        Misbehaviour("falls silent within the body", .breakOff(after: 500, of: 1000, by: .stall), .timedOut),
        Misbehaviour("promises more than it sends", .respond(200, [:], "short", claimingLength: 10), .timedOut),
    ]
}

extension Reaction {
    static let closeWithinChunk = chunked("10\r\nabc")
    static let badChunk = chunked("zz\r\nabc\r\n0\r\n\r\n")

    static func chunked(_ body: String) -> Reaction {
        Reaction([.send(Array(("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body).utf8)), .close])
    }
}

@Suite struct HardTimesTests {
    private let retryable: Set<TransferFailure.Cause> = [.brokenOff, .malformed, .timedOut]

    @Test(arguments: Misbehaviour.all)
    func whateverTheServerDoesTheRequestEnds(_ misbehaviour: Misbehaviour) throws {
        let server = try HostileServer { request in
            request.path == "/well" ? .respond(200, [:], "well") : misbehaviour.reaction
        }
        let client = try makeClient { $0.stallTimeout = misbehaviour.cause == .timedOut ? 1 : 60 }
        for method in [HTTPMethod.get, .put] {
            let body: HTTPBody = method == .put ? .bytes([UInt8](repeating: 1, count: 100_000)) : .none
            let request = HTTPRequest(method, server.url + "/secret?token=secret", body: body, responseLimit: 100_000)
            let failure = try #require(client.failure(request))
            #expect(failure.cause == misbehaviour.cause)
            #expect(failure.isRetryable == retryable.contains(failure.cause))
            #expect(failure.problem.contains("127.0.0.1:\(server.port)") && !failure.problem.contains("secret"))
            // The client is none the worse for it.
            #expect(try client.send(HTTPRequest(.get, server.url + "/well")).body == Array("well".utf8))
        }
    }

    @Test(arguments: [500, 501, 502, 503, 429, 404, 403])
    func everyStatusIsAnAnswer(_ status: Int) throws {
        let server = try HostileServer { _ in .respond(status, ["Retry-After": "3"], "why") }
        let response = try makeClient().send(HTTPRequest(.put, server.url, body: .bytes([1, 2, 3])))
        #expect(response.status == status && response.body == Array("why".utf8) && response.retryAfter == 3)
    }

    @Test func bytesBeyondTheLengthAreNotTakenForTheNextAnswer() throws {
        let body = "fine" + "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
        let server = try HostileServer { request in
            request.path == "/more" ? .respond(200, [:], body, claimingLength: 4) : .respond(200, [:], "next")
        }
        let client = try makeClient { $0.connections = 1 }
        for _ in 0..<20 {
            #expect(try client.send(HTTPRequest(.get, server.url + "/more")).body == Array("fine".utf8))
            #expect(try client.send(HTTPRequest(.get, server.url)).body == Array("next".utf8))
        }
    }

    @Test func slowBodiesArrive() throws {
        let bytes = [UInt8]((0..<200).map { UInt8($0) })
        let server = try HostileServer { _ in .respondSlowly(200, bytes: bytes, bytesPerSecond: 100) }
        // Slower than the time for a stall, but never silent for so long.
        let client = try makeClient { $0.stallTimeout = 1 }
        #expect(try client.send(HTTPRequest(.get, server.url)).body == bytes)
    }

    @Test func aServerThatDripsIsNotWaitedForWithoutEnd() throws {
        let bytes = [UInt8](repeating: 0, count: 100_000)
        let server = try HostileServer { _ in .respondSlowly(200, bytes: bytes, bytesPerSecond: 100) }
        let client = try makeClient { $0.attemptTimeout = 0.8 }
        let failure = client.failure(HTTPRequest(.get, server.url))
        #expect(failure?.cause == .timedOut && failure?.problem.contains("no answer in") == true)
    }

    @Test func aServerThatReadsSlowlyIsNoStall() throws {
        let server = try HostileServer(beforeBody: { _ in .readSlowly(4_000_000) }) { _ in .respond(200) }
        let client = try makeClient { $0.stallTimeout = 2 }
        let body = HTTPBody.bytes([UInt8](repeating: 0, count: 10_000_000))
        #expect(try client.send(HTTPRequest(.put, server.url, body: body)).status == 200)
    }

    @Test func aServerThatStopsReadingIsAStall() throws {
        let server = try HostileServer(beforeBody: { _ in .ignore(.stall) }) { _ in .respond(200) }
        let client = try makeClient { $0.stallTimeout = 0.5 }
        let body = HTTPBody.bytes([UInt8](repeating: 0, count: 50_000_000))
        #expect(client.failure(HTTPRequest(.put, server.url, body: body))?.cause == .timedOut)
    }

    @Test func aConnectionClosedBetweenRequestsIsReplaced() throws {
        let server = try HostileServer { _ in .respondAndClose(200, [:], "fine") }
        let client = try makeClient { $0.connections = 1 }
        for round in 1...6 {
            let request = HTTPRequest(.put, server.url, body: .bytes([UInt8](repeating: 3, count: 500_000)))
            do throws(TransferFailure) {
                #expect(try client.send(request).status == 200)
            } catch {
                // In every second round the client may not have heard of the end yet, and learns of it when it sends.
                #expect(round % 2 == 0 && error.cause == .brokenOff && error.isRetryable)
            }
            if round % 2 == 0 { #expect(eventually { server.openConnections == 0 }) }
        }
        #expect(server.requests.allSatisfy { $0.body.count == 500_000 || $0.numberOnConnection > 0 })
    }

    @Test func nobodyThere() throws {
        let client = try makeClient()
        let port = try LoopbackPort.free()
        let refused = try #require(client.failure(HTTPRequest(.get, "http://127.0.0.1:\(port)/secret")))
        #expect(refused.cause == .unreachable && refused.isRetryable)
        #expect(refused.problem == "cannot connect to 127.0.0.1:\(port): Connection refused")
        // No host can have a name like this, so that no server need be asked.
        let host = String(repeating: "a", count: 70) + ".invalid"
        let unknown = try #require(client.failure(HTTPRequest(.get, "http://\(host)/")))
        #expect(unknown.cause == .unresolvable && unknown.problem == "the host of \(host) is unknown")
    }
}
