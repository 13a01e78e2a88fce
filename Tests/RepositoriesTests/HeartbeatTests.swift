import Backends
import Compressing
import Primitives
import Repositories
import TestSupport
import Testing
import Threads

/// What a session shows of itself in `locks/`.
struct HeartbeatTests {
    private let backend = MemoryBackend()

    private func open(
        _ backend: any Backend, interval: Double, warnings: Locked<[String]> = Locked([])
    ) throws -> Repository {
        var environment = TestRepository.environment(warnings: warnings)
        environment.heartbeatInterval = interval
        return try Repository.open(backend, environment: environment) { _ in TestRepository.password }
    }

    private func session(in repository: Repository) throws -> WriterSession {
        try WriterSession(
            repository, command: "a test", compression: .default, width: 1, cancellation: Cancellation())
    }

    @Test(.timeLimit(.minutes(60))) func anAnchorAndHeartbeatsShowThatASessionLives() throws {
        _ = try TestRepository.make(at: backend)
        let repository = try open(backend, interval: 0.002)
        let session = try session(in: repository)
        var counts: Set<UInt64> = []
        var anchors: Set<Digest> = []
        while counts.count < 5 {
            for name in try backend.names(in: .locks) {
                // A heartbeat may be gone before it is read: a newer one has come then.
                guard let (header, plain) = try? repository.readObject(name, types: [.anchor, .heartbeat]) else {
                    continue
                }
                #expect(header.session == session.id)
                if header.type == .anchor {
                    let (anchor, location) = try SessionAnchor.decode(plain, of: "anchor")
                    #expect(location == repository.configuration.location)
                    #expect(anchor.host == "host" && anchor.user == "user" && anchor.command == "a test")
                    anchors.insert(name.id)
                } else {
                    let (heartbeat, location) = try Heartbeat.decode(plain)
                    #expect(location == repository.configuration.location)
                    #expect(anchors.isEmpty || anchors.contains(heartbeat.anchor))
                    counts.insert(heartbeat.count)
                }
            }
            // The anchor, a heartbeat, and for a moment the next one.
            #expect(try backend.names(in: .locks).count <= 3)
        }
        #expect(anchors.count == 1)
        session.abandon()
        #expect(try backend.names(in: .locks).isEmpty)
    }

    /// Heartbeats that cannot be put or removed are told, and none is left behind in the end.
    @Test(.timeLimit(.minutes(60))) func heartbeatsThatFailLeaveNothing() throws {
        _ = try TestRepository.make(at: backend)
        let faulty = FaultyBackend(backend)
        let warnings = Locked<[String]>([])
        let session = try session(in: try open(faulty, interval: 0.001, warnings: warnings))
        let beats = Locked(0)
        faulty.setRule { operation, _ in
            guard operation == .delete(.locks) || operation == .put(.locks) else { return .none }
            return beats.withLock { beats in
                beats += 1
                return beats % 3 == 0 ? .fail : .none
            }
        }
        while warnings.withLock({ $0.count }) < 10 {}
        faulty.setRule { _, _ in .none }
        session.abandon()
        #expect(warnings.withLock { $0.allSatisfy { $0.contains("heartbeat") } })
        #expect(try backend.names(in: .locks).isEmpty)
    }

    /// Readers put an anchor for as long as they read, and read all the same where they may not put one.
    @Test func readersAreSeenToo() throws {
        _ = try TestRepository.make(at: backend)
        let faulty = FaultyBackend(backend)
        let repository = try open(faulty, interval: 60)
        let seen = try repository.whilePresent(as: "reading") { try backend.names(in: .locks).count }
        #expect(seen == 1)
        #expect(try backend.names(in: .locks).isEmpty)
        faulty.setRule { operation, _ in operation == .put(.locks) ? .fail : .none }
        #expect(try repository.whilePresent(as: "reading") { try backend.names(in: .locks).count } == 0)
    }
}
