import Backends
import Maintenance
import Primitives
import Repositories
import Sealing
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Tiers

/// A clock that goes on when somebody waits.
final class WaitingClock: Clock {
    private let seconds = Locked(1000.0)

    func now() -> Timestamp { SystemClock().now() }
    func monotonicSeconds() -> Double { seconds.withLock { $0 } }
    func advance(by amount: Double) { seconds.withLock { $0 += amount } }
}

/// Counts from 1.
final class Counter: Sendable {
    private let count = Locked(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

/// One place of a repository, in memory.
struct Place {
    let backend: MemoryBackend
    let password: SecretBytes?
    let clock = WaitingClock()

    /// A repository that is nobody's tier.
    static func make(isEncrypted: Bool = true, bits: Int = 13) throws -> Place {
        let backend = MemoryBackend()
        _ = try TestRepository.make(at: backend, isEncrypted: isEncrypted, bits: bits)
        return Place(backend: backend, password: isEncrypted ? TestRepository.password : nil)
    }

    init(backend: MemoryBackend, password: SecretBytes?) {
        self.backend = backend
        self.password = password
    }

    /// Another place of the same family.
    func makeTier() throws -> Place {
        let backend = MemoryBackend()
        _ = try test().repository.createTier(at: backend, label: "tier", password: password)
        return Place(backend: backend, password: password)
    }

    /// The same objects, to be changed on their own.
    func copy() throws -> Place { Place(backend: try backend.copy(), password: password) }

    func test(_ through: (any Backend)? = nil) throws -> TestRepository {
        try TestRepository.open(through ?? backend, password: password)
    }

    // MARK: What is done there

    @discardableResult
    func backUp(_ name: String, _ bytes: [UInt8], tags: [String] = []) throws -> Snapshot {
        try test().backUp([TestRepository.stream(name, bytes)]) { $0.tags = tags }.snapshot
    }

    func forget(_ snapshots: [Snapshot]) throws {
        _ = try SnapshotRemoval(test().repository, cancellation: Cancellation()).run(snapshots)
    }

    func prune(through other: (any Backend)? = nil) throws {
        var environment = TestRepository.environment()
        environment.clock = clock
        environment.sleep = { [clock] seconds, _ in clock.advance(by: seconds) }
        let repository = try Repository.open(other ?? backend, environment: environment) { _ in password }
        _ = try PruneRun(
            repository, policy: PrunePolicy(maxUnused: .bytes(0)), maxWait: 7200, width: 2,
            cancellation: Cancellation()
        ).run()
    }

    func snapshots() throws -> [Snapshot] { try test().snapshots() }

    func read(_ name: String, of snapshot: Snapshot) throws -> [UInt8] { try test().read(name, of: snapshot) }

    /// The damage that a check which reads everything finds, and does not write down.
    func damage() throws -> [String] {
        let report = try CheckRun(
            test().repository, readsData: true, recordsDamage: false, width: 2, cancellation: Cancellation()
        ).run()
        return report.problems.filter { $0.severity == .damage }.map { "\($0.object): \($0.problem)" }
    }

    /// Looks for damage, and writes it down.
    func recordDamage() throws {
        _ = try CheckRun(test().repository, readsData: true, width: 2, cancellation: Cancellation()).run()
    }

    func packs() throws -> [ObjectName] { try backend.names(in: .data) }
}

/// Copies from one place to another.
@discardableResult
func sync(
    _ source: Place, _ destination: Place, sourceThrough: (any Backend)? = nil, through: (any Backend)? = nil,
    isDryRun: Bool = false, _ change: (inout SyncRequest) -> Void = { _ in }
) throws -> SyncReport {
    var request = SyncRequest()
    change(&request)
    let run = SyncRun(
        from: try source.test(sourceThrough).repository, to: try destination.test(through).repository, request,
        width: 2, cancellation: Cancellation())
    return try isDryRun ? run.plan() : run.run()
}

/// All that a place holds, by what its snapshots are copies of: the content of their first streams.
func contents(of place: Place) throws -> [Digest: [UInt8]] {
    var contents: [Digest: [UInt8]] = [:]
    for snapshot in try place.snapshots() {
        contents[snapshot.origin] = try place.read(snapshot.record.streams[0], of: snapshot)
    }
    return contents
}

extension SeededRandom {
    /// `bytes` with some of them replaced, and some added.
    mutating func edit(_ bytes: [UInt8]) -> [UInt8] {
        var edited = bytes
        for _ in 0..<3 where edited.count > 5000 {
            let start = Int(next() % UInt64(edited.count - 4000))
            edited.replaceSubrange(start..<start + 2000, with: text(Int(next() % 4000)))
        }
        return edited + text(Int(next() % 20_000))
    }
}
