import TestServers
import Testing

@testable import Transfers

/// Limits of the rate hold for all requests together. How exactly is for `RateLimitTests`, in a time of its own: here a busy
/// machine may make it slower, but never faster.
@Suite(.serialized) struct LimitedTransferTests {
    @Test func uploadsGoAtTheLimit() throws {
        let server = try HostileServer(keepsBodies: false) { _ in .respond(200) }
        let client = try makeClient { $0.uploadLimit = 4_000_000 }
        let time = seconds {
            onThreads(12) { _ in
                let body = HTTPBody.bytes([UInt8](repeating: 0, count: 1_000_000))
                let response = try client.send(HTTPRequest(.put, server.url, body: body))
                #expect(response.status == 200)
            }
        }
        #expect(server.receivedBytes == 12_000_000)
        #expect(time > 2.94 && time < 30)
    }

    @Test func downloadsGoAtTheLimit() throws {
        let bytes = [UInt8](repeating: 0, count: 1_000_000)
        let server = try HostileServer { _ in .respond(200, [:], bytes: bytes) }
        let client = try makeClient { $0.downloadLimit = 4_000_000 }
        let time = seconds {
            onThreads(12) { _ in
                let response = try client.send(HTTPRequest(.get, server.url))
                #expect(response.body.count == bytes.count)
            }
        }
        #expect(time > 2.94 && time < 30)
    }

    @Test func aTightLimitIsNoStall() throws {
        let server = try HostileServer { request in .respond(200, [:], bytes: request.body) }
        let client = try makeClient {
            // Each gets half of the speed that is expected of servers, and takes longer than it might without a limit.
            $0.uploadLimit = 8000
            $0.downloadLimit = 8000
            $0.stallTimeout = 1
            $0.attemptTimeout = 1
        }
        onThreads(4) { thread in
            let body = [UInt8](repeating: UInt8(thread), count: 4000)
            let response = try client.send(HTTPRequest(.put, server.url, body: .bytes(body)))
            #expect(response.body == body)
        }
    }

    @Test func smallRequestsAreNotHeldUp() throws {
        let server = try HostileServer { _ in .respond(200) }
        let client = try makeClient { $0.uploadLimit = 1 }
        let time = try seconds {
            for _ in 0..<50 { _ = try client.send(HTTPRequest(.get, server.url)) }
        }
        #expect(time < 30)
    }
}
