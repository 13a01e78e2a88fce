import FileIO
import Primitives
import TestServers
import Testing
import Threads

@testable import Transfers

/// How a client stops, and what it leaves behind.
@Suite struct EndingTests {
    @Test func cancellationEndsAllAtOnce() throws {
        let server = try HostileServer { request in request.path == "/last" ? .respond(200) : .stall }
        let cancellation = Cancellation()
        let client = try makeClient(cancellation: cancellation) { $0.connections = 4 }
        let canceller = WorkerThread(name: "canceller") {
            if !eventually({ server.requests.count == 4 }) { Issue.record("the requests do not arrive") }
            cancellation.cancel(VarveError(.cancelled, "enough"))
        }
        let time = seconds {
            onThreads(10) { _ in
                let failure = client.failure(HTTPRequest(.get, server.url + "/stall"))
                #expect(failure?.cause == .cancelled && failure?.isRetryable == false)
            }
        }
        canceller.join()
        #expect(time < 30)
        #expect(server.requests.count == 4)
        // Whoever was cancelled can still clean up.
        #expect(try client.send(HTTPRequest(.delete, server.url + "/last")).status == 200)
    }

    @Test func cancellationInTheMiddleOfABody() throws {
        let server = try HostileServer(beforeBody: { _ in .readSlowly(1_000_000) }) { _ in .respond(200) }
        let cancellation = Cancellation()
        let client = try makeClient(cancellation: cancellation)
        let canceller = WorkerThread(name: "canceller") {
            _ = eventually { server.receivedBytes > 100_000 }
            cancellation.cancel(VarveError(.cancelled, "enough"))
        }
        let body = HTTPBody.bytes([UInt8](repeating: 0, count: 50_000_000))
        #expect(client.failure(HTTPRequest(.put, server.url, body: body))?.cause == .cancelled)
        canceller.join()
        #expect(eventually { server.openConnections == 0 })
    }

    @Test func closingEndsAllAndWhatComesLater() throws {
        let server = try HostileServer { _ in .stall }
        let client = try makeClient { $0.connections = 2 }
        let closer = WorkerThread(name: "closer") {
            _ = eventually { server.requests.count == 2 }
            client.close()
        }
        onThreads(5) { _ in #expect(client.failure(HTTPRequest(.get, server.url))?.cause == .cancelled) }
        closer.join()
        #expect(client.failure(HTTPRequest(.get, server.url))?.cause == .cancelled)
        client.close()
        #expect(eventually { server.openConnections == 0 })
    }

    /// In a process of its own, where nobody else has threads and descriptors.
    @Test func nothingIsLeftBehind() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer { _ in .respond(200, [:], "fine") }
            func use() throws {
                let client = try makeClient()
                onThreads(8) { _ in
                    for _ in 0..<5 { _ = try client.send(HTTPRequest(.get, server.url)) }
                    _ = client.failure(HTTPRequest(.get, "http://localhost:1/"))
                }
            }
            // The first use sets things up that stay.
            try use()
            precondition(eventually { server.openConnections == 0 }, "connections stay open")
            let threads = entries("/proc/self/task")
            let descriptors = entries("/proc/self/fd")
            for _ in 0..<10 { try use() }
            precondition(eventually { server.openConnections == 0 }, "connections stay open")
            precondition(eventually { entries("/proc/self/task") <= threads }, "threads stay")
            precondition(eventually { entries("/proc/self/fd") <= descriptors }, "descriptors stay")
        }
    }
}

private func entries(_ folder: BytePath) -> Int {
    (try? Array(DirectoryListing(of: OpenFile.open(folder, .readOnly, .directory))).count) ?? .max
}
