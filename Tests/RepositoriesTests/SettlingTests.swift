import Backends
import Primitives
import TestSupport
import Testing
import Threads

@testable import Repositories

@Suite struct SettlingTests {
    /// A clock that goes on only when somebody sleeps.
    private final class TestClock: Clock {
        let seconds = Locked(100.0)
        func now() -> Timestamp { Timestamp(nanoseconds: 0) }
        func monotonicSeconds() -> Double { seconds.withLock { $0 } }
    }

    private let clock = TestClock()
    private let sleeps = Locked<[Double]>([])

    private func environment() -> RepositoryEnvironment {
        var environment = TestRepository.environment()
        environment.clock = clock
        environment.heartbeatInterval = 1e9
        environment.sleep = { [clock, sleeps] seconds, _ in
            sleeps.withLock { $0.append(seconds) }
            clock.seconds.withLock { $0 += seconds }
        }
        return environment
    }

    private func repository(delay: Double) throws -> Repository {
        let backend = DistantBackend(MemoryBackend(), visibilityDelay: delay)
        return try Repository.create(
            at: backend, Repository.Parameters(isEncrypted: false), password: nil, environment: environment())
    }

    @Test func aListingWaitsUntilWhatWasChangedCanBeSeen() throws {
        let backend = try repository(delay: 3).backend
        let name = ObjectName(.locks, Digest(1, 2, 3, 4))
        #expect(try backend.list(.locks).isEmpty)
        #expect(sleeps.withLock { $0 }.isEmpty)
        try backend.put(name, [1])
        clock.seconds.withLock { $0 += 2 }
        #expect(try backend.list(.locks).count == 1)
        #expect(sleeps.withLock { $0 } == [4])
        // Once is enough.
        _ = try backend.list(.locks)
        #expect(sleeps.withLock { $0 } == [4])
        // But what the next folder shows must not be older than what this one did.
        _ = try backend.list(.snapshots)
        #expect(sleeps.withLock { $0 } == [4, 3])
        try backend.delete(name)
        _ = try backend.list(.locks)
        #expect(sleeps.withLock { $0 } == [4, 3, 6])
        #expect(backend.delete([name]).isEmpty)
        _ = try backend.list(.data)
        #expect(sleeps.withLock { $0 } == [4, 3, 6, 6])
    }

    @Test func whatStandsInThePlaceOfAnotherCanBeSeenBeforeThatGoes() throws {
        let backend = try repository(delay: 3).backend
        try backend.put(ObjectName(.index, Digest(1, 2, 3, 4)), [1])
        try backend.delete(ObjectName(.index, Digest(5, 6, 7, 8)))
        #expect(sleeps.withLock { $0 } == [6])
        try backend.delete(ObjectName(.index, Digest(6, 7, 8, 9)))
        #expect(sleeps.withLock { $0 } == [6])
        try backend.put(ObjectName(.index, Digest(2, 3, 4, 5)), [1])
        #expect(backend.delete([ObjectName(.index, Digest(1, 2, 3, 4))]).isEmpty)
        #expect(sleeps.withLock { $0 } == [6, 6])
    }

    @Test func whereListingsAreCurrentNobodyWaits() throws {
        let backend = try repository(delay: 0).backend
        try backend.put(ObjectName(.locks, Digest(1, 2, 3, 4)), [1])
        _ = try backend.list(.locks)
        #expect(sleeps.withLock { $0 }.isEmpty)
        #expect(backend is DistantBackend)
    }

    /// Each decision of a writer is made by a listing that shows what was put before it.
    @Test func aSessionWaitsBeforeItReadsAndBeforeItAcknowledges() throws {
        let repository = try repository(delay: 5)
        let session = try WriterSession(
            repository, command: "test", compression: .default, width: 1, cancellation: Cancellation())
        #expect(sleeps.withLock { $0 } == [10, 5])
        try session.finishStoring()
        #expect(try session.putSnapshot([1, 2, 3]).isAcknowledged)
        #expect(sleeps.withLock { $0 } == [10, 5, 10, 5])
        session.close()
    }
}
