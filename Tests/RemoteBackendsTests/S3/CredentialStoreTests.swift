import Primitives
import Testing
import Threads

@testable import RemoteBackends

@Suite("Credentials that expire")
struct CredentialStoreTests {
    private final class TestClock: Clock {
        let seconds = Locked<Int64>(1_000_000)
        func now() -> Timestamp { Timestamp(seconds: seconds.withLock { $0 }, nanoseconds: 0) }
        func monotonicSeconds() -> Double { Double(seconds.withLock { $0 }) }
        func advance(_ count: Int64) { seconds.withLock { $0 += count } }
    }

    private let clock = TestClock()
    private let loads = Locked(0)

    /// - Parameter lifetime: in seconds; `nil` for ever.
    private func store(lifetime: Int64?, failsFrom first: Int = .max) -> CredentialStore {
        CredentialStore(clock: clock) { [clock, loads] () throws(VarveError) in
            let number = loads.withLock { loads in
                loads += 1
                return loads
            }
            if number >= first { throw VarveError(.storage, "the service is away") }
            let end = lifetime.map { Timestamp(seconds: clock.now().seconds + $0, nanoseconds: 0) }
            return S3Credentials(keyID: "key-\(number)", secret: "s", expiration: end)
        }
    }

    @Test("are got once, and anew five minutes before their end")
    func renewal() throws {
        let store = store(lifetime: 3600)
        for (seconds, key) in [(0, "key-1"), (3299, "key-1"), (1, "key-2"), (3299, "key-2"), (301, "key-3")] {
            clock.advance(Int64(seconds))
            #expect(try store.current().credentials.keyID == key)
        }
    }

    @Test("without an end are got once")
    func fixed() throws {
        let store = store(lifetime: nil)
        for _ in 0..<3 {
            #expect(try store.current().credentials.keyID == "key-1")
            clock.advance(1_000_000)
        }
    }

    @Test("are used to their end where no new ones are to be had")
    func outage() throws {
        let store = store(lifetime: 3600, failsFrom: 2)
        _ = try store.current()
        clock.advance(3400)
        #expect(try store.current().credentials.keyID == "key-1")
        clock.advance(200)
        #expect(throws: VarveError.self) { try store.current() }
        #expect(loads.withLock { $0 } == 3)
    }

    @Test("that a server refuses are replaced once, however many threads say so")
    func refusal() throws {
        let store = store(lifetime: nil)
        let first = try store.current()
        let threads = (0..<8).map { number in
            WorkerThread(name: "test-\(number)") {
                #expect((try? store.renewed(after: first.generation))?.credentials.keyID == "key-2")
            }
        }
        for thread in threads { thread.join() }
        #expect(loads.withLock { $0 } == 2)
    }
}
