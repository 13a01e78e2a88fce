import TestServers
import Testing

@testable import Transfers

/// Large bodies are announced, so that a server can refuse them first.
@Suite struct ContinueTests {
    private let large = HTTPBody.bytes([UInt8](repeating: 9, count: 5_000_000))

    @Test func onlyLargeBodiesAreAnnounced() throws {
        let server = try HostileServer { _ in .respond(200) }
        let client = try makeClient()
        for body in [large, .bytes([UInt8](repeating: 9, count: 1 << 20)), large] {
            #expect(try client.send(HTTPRequest(.put, server.url, body: body)).status == 200)
        }
        #expect(server.requests.map(\.expectsContinue) == [true, false, true])
        #expect(server.requests.map(\.body.count) == [5_000_000, 1 << 20, 5_000_000])
    }

    @Test func aRefusalIsHeardBeforeTheBodyIsSent() throws {
        let server = try HostileServer(beforeBody: { _ in .ignore(.respond(403, [:], "<Error>")) }) { _ in .reset }
        let client = try makeClient()
        let response = try client.send(HTTPRequest(.put, server.url, body: large))
        #expect(response.status == 403 && response.body == Array("<Error>".utf8))
        #expect(client.counts.sentBytes == 0)
    }

    @Test func aServerThatDoesNotKnowOfItIsAskedOnce() throws {
        let server = try HostileServer(beforeBody: { _ in .readWithoutContinue }) { _ in .respond(200) }
        let client = try makeClient()
        for _ in 0..<3 { #expect(try client.send(HTTPRequest(.put, server.url, body: large)).status == 200) }
        #expect(server.requests.map(\.expectsContinue) == [true, false, false])
    }

    @Test func aServerThatRefusesToBeAskedGetsTheBody() throws {
        let server = try HostileServer(beforeBody: { $0.expectsContinue ? .ignore(.respond(417)) : .read }) { _ in
            .respond(200)
        }
        let response = try makeClient().send(HTTPRequest(.put, server.url, body: large))
        #expect(response.status == 200 && server.requests.last?.body.count == 5_000_000)
    }

    @Test func moreOfThemThanAskedForAreHarmless() throws {
        let server = try HostileServer(beforeBody: { _ in .readAfterContinues(5) }) { _ in .respond(200, [:], "fine") }
        let client = try makeClient()
        for body in [large, .bytes([1])] {
            #expect(try client.send(HTTPRequest(.put, server.url, body: body)).body == Array("fine".utf8))
        }
    }

    @Test func withoutEndTheyAreTooMuch() throws {
        let flood = Reaction([.sendForEver(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))])
        let server = try HostileServer(beforeBody: { _ in .ignore(flood) }) { _ in .reset }
        #expect(try makeClient().failure(HTTPRequest(.put, server.url, body: .bytes([1])))?.cause == .tooLarge)
    }

    @Test func anAnswerAheadOfTheBodyCountsWhereItIsARefusal() throws {
        let server = try HostileServer(beforeBody: { _ in .ignore(.respond(403, [:], "no").then(.pause(10))) }) { _ in
            .reset
        }
        let client = try makeClient()
        let body = HTTPBody.bytes([UInt8](repeating: 1, count: 1 << 20))
        #expect(try client.send(HTTPRequest(.put, server.url, body: body)).status == 403)
    }
}
