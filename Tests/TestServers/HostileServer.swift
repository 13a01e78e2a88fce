import FileIO
import Glibc
import Primitives
import Threads

/// An HTTP server that does what a test wants, however wrong: answers late, wrongly, by halves or not at all.
///
///     let server = try HostileServer { request in
///         request.number == 0 ? .respond(503, ["Retry-After": "1"]) : .respond(200, [:], "fine")
///     }
///     … server.url + "/bucket" … server.requests …
///
/// It listens on a free loopback port, with a thread for each connection, until the last reference goes or ``stop()``.
package final class HostileServer: Sendable {
    package typealias Answer = @Sendable (ReceivedRequest) -> Reaction

    /// Where it listens.
    package enum Place: Sendable {
        case loopback
        case unixSocket(BytePath)
    }

    /// On loopback; 0 otherwise.
    package let port: UInt16
    private let visitors: HostileVisitors
    private let listener: WorkerThread

    /// - Parameters:
    ///   - keepsBodies: whether ``requests`` have their bodies; else these are counted only.
    ///   - beforeBody: what to do when the headers have come. Normally the body is read, after a response 100 if the client
    ///     waits for one.
    ///   - answer: what to do then. It runs on the thread of the connection and may wait.
    package init(
        on place: Place = .loopback, keepsBodies: Bool = true,
        beforeBody: @escaping @Sendable (ReceivedRequest) -> BodyHandling = { _ in .read },
        _ answer: @escaping Answer
    ) throws {
        let (socket, port) = try HostileServer.listen(on: place)
        self.port = port
        let visitors = HostileVisitors(listener: socket)
        self.visitors = visitors
        let conduct = HostileConduct(keepsBodies: keepsBodies, beforeBody: beforeBody, answer: answer)
        listener = WorkerThread(name: "hostile") { visitors.receive(conduct) }
    }

    deinit { stop() }

    /// "http://127.0.0.1:PORT", without a slash at the end.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// All requests whose headers came whole, in the order in which they did.
    package var requests: [ReceivedRequest] { visitors.state.withLock { $0.requests } }

    /// Connections accepted so far.
    package var connectionCount: Int { visitors.state.withLock { $0.accepted } }

    /// Bytes of request bodies so far, those of unfinished ones too.
    package var receivedBytes: UInt64 { visitors.state.withLock { $0.receivedBytes } }

    /// Connections open now.
    package var openConnections: Int { visitors.state.withLock { $0.open.count } }

    /// Closes everything and waits for the threads. A second call does nothing.
    package func stop() {
        visitors.stop()
        listener.join()
    }

    private static func listen(on place: Place) throws -> (OpenFile, UInt16) {
        switch place {
        case .loopback:
            let file = try make(AF_INET)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            try bind(file, &address)
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            _ = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(file.descriptor, $0, &size) }
            }
            return (file, UInt16(bigEndian: address.sin_port))
        case .unixSocket(let path):
            let file = try make(AF_UNIX)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.bytes.prefix($0.count - 1)) }
            try bind(file, &address)
            return (file, 0)
        }
    }

    private static func make(_ family: Int32) throws -> OpenFile {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError(errnoCode: errno, operation: "make", path: "a socket") }
        return OpenFile(adopting: descriptor, path: "hostile server")
    }

    private static func bind<Address>(_ file: OpenFile, _ address: inout Address) throws {
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(file.descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0, Glibc.listen(file.descriptor, 128) == 0 else {
            throw SystemError(errnoCode: errno, operation: "listen on", path: "a socket")
        }
    }
}

/// How a server behaves.
struct HostileConduct: Sendable {
    let keepsBodies: Bool
    let beforeBody: @Sendable (ReceivedRequest) -> BodyHandling
    let answer: HostileServer.Answer
}

/// The connections of a server and what came over them.
final class HostileVisitors: Sendable {
    struct State {
        var requests: [ReceivedRequest] = []
        var accepted = 0
        var receivedBytes: UInt64 = 0
        /// By the number of the connection.
        var open: [Int: OpenFile] = [:]
        var isStopped = false
    }

    let state = Locked(State())
    private let listener: OpenFile

    init(listener: OpenFile) { self.listener = listener }

    /// Serves until ``stop()``.
    func receive(_ conduct: HostileConduct) {
        var threads: [WorkerThread] = []
        while true {
            let descriptor = accept(listener.descriptor, nil, nil)
            guard descriptor >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let file = OpenFile(adopting: descriptor, path: "connection")
            let number: Int? = state.withLock { state in
                guard !state.isStopped else { return nil }
                state.accepted += 1
                state.open[state.accepted] = file
                return state.accepted
            }
            guard let number else { break }
            threads.append(
                WorkerThread(name: "hostile-\(number)") {
                    HostileConnection(number, file, self, conduct).serve()
                    // In one step, so that nobody shuts down a descriptor that is another's by then, nor sees none open
                    // while one still is.
                    self.state.withLock { state in
                        state.open[number] = nil
                        try? file.close()
                    }
                })
        }
        for thread in threads { thread.join() }
        try? listener.close()
    }

    func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            // This wakes whoever waits on them.
            for file in [listener] + state.open.values { shutdown(file.descriptor, Int32(SHUT_RDWR)) }
        }
    }
}
