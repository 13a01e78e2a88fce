import Backends
import FileIO
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

/// A clock that goes on when somebody waits.
final class ManualClock: Clock {
    private let seconds = Locked(1000.0)

    func now() -> Timestamp { SystemClock().now() }
    func monotonicSeconds() -> Double { seconds.withLock { $0 } }
    func advance(by amount: Double) { seconds.withLock { $0 += amount } }
}

/// A repository in memory that is pruned without waiting in earnest.
struct PruneFixture {
    let backend: MemoryBackend
    let clock = ManualClock()
    let warnings = Locked<[String]>([])
    let isEncrypted: Bool
    /// Whether its backups write deltas; without them it does not hang on the keys what needs what.
    let deltas: DeltaPolicy
    /// Where caches are kept, and how much of packs in them; `nil` for none.
    var cache: (root: BytePath, limit: PackCacheLimit)?

    /// - Parameter backend: with a repository in it, or empty.
    init(
        _ backend: MemoryBackend = MemoryBackend(), isEncrypted: Bool = false, deltas: DeltaPolicy = .off
    ) throws {
        self.backend = backend
        self.isEncrypted = isEncrypted
        self.deltas = deltas
        if try backend.readConfiguration() == nil {
            _ = try TestRepository.make(at: backend, isEncrypted: isEncrypted, bits: 13)
        }
    }

    /// Another one with the same objects.
    func copy() throws -> PruneFixture {
        try PruneFixture(try backend.copy(), isEncrypted: isEncrypted, deltas: deltas)
    }

    // MARK: What others do

    func test(_ through: (any Backend)? = nil) throws -> TestRepository {
        try TestRepository.open(
            through ?? backend, password: isEncrypted ? TestRepository.password : nil, cacheRoot: cache?.root,
            packCacheLimit: cache?.limit ?? .off)
    }

    @discardableResult
    func backUp(_ name: String, _ bytes: [UInt8], through other: (any Backend)? = nil) throws -> Snapshot {
        try test(other).backUp([TestRepository.stream(name, bytes)]) { $0.deltas = deltas }.snapshot
    }

    func read(_ name: String, of snapshot: Snapshot) throws -> [UInt8] { try test().read(name, of: snapshot) }

    func put(_ record: IndexRecord) throws {
        let repository = try test().repository
        _ = try repository.writeObject(
            record.encoded(at: repository.configuration.location), type: record.type, in: .index, session: .zero)
    }

    func forget(_ snapshots: Snapshot...) throws {
        for snapshot in snapshots {
            try put(
                .forget([
                    IndexRecord.ForgottenSnapshot(
                        name: snapshot.id, writer: snapshot.record.writer, sequence: snapshot.record.sequence,
                        original: snapshot.id)
                ]))
            backend.delete(ObjectName(.snapshots, snapshot.id))
        }
    }

    // MARK: Pruning

    /// - Parameter whenWaiting: is called each time the prune waits.
    func run(
        through other: (any Backend)? = nil, maxUnused: PrunePolicy.UnusedLimit = .bytes(0), maxWait: Double = 7200,
        whenWaiting: @escaping @Sendable () -> Void = {}
    ) throws -> PruneRun {
        var environment = TestRepository.environment(
            warnings: warnings, cacheRoot: cache?.root, packCacheLimit: cache?.limit ?? .off)
        environment.clock = clock
        environment.sleep = { [clock] seconds, _ in
            clock.advance(by: seconds)
            whenWaiting()
        }
        let repository = try Repository.open(other ?? backend, environment: environment) { isEncrypted in
            isEncrypted ? TestRepository.password : nil
        }
        return PruneRun(
            repository, policy: PrunePolicy(maxUnused: maxUnused), maxWait: maxWait, width: 2,
            cancellation: Cancellation())
    }

    @discardableResult
    func prune(
        through other: (any Backend)? = nil, maxUnused: PrunePolicy.UnusedLimit = .bytes(0), maxWait: Double = 7200,
        whenWaiting: @escaping @Sendable () -> Void = {}
    ) throws -> PruneReport {
        try run(through: other, maxUnused: maxUnused, maxWait: maxWait, whenWaiting: whenWaiting).run()
    }

    // MARK: What must hold

    func check(readsData: Bool = true, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let report = try CheckRun(
            try test().repository, readsData: readsData, width: 2, cancellation: Cancellation()
        ).run()
        #expect(!report.isDamaged, "\(report.problems)", sourceLocation: sourceLocation)
    }

    /// Nothing is there but what snapshots need, and records.
    func expectNothingUnused(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let report = try run().plan()
        let plan = try #require(report.plan, sourceLocation: sourceLocation)
        #expect(plan.victims.isEmpty && plan.spared.isEmpty, sourceLocation: sourceLocation)
        #expect(plan.remainingUnusedBytes == 0 && report.leftPacks == 0, sourceLocation: sourceLocation)
        let index = try test().repository.loadIndex()
        #expect(index.unindexedPacks.isEmpty, sourceLocation: sourceLocation)
        #expect(Set(index.chunks.packs.map(\.id)) == Set(index.listing.keys), sourceLocation: sourceLocation)
        #expect(index.drains.isEmpty, sourceLocation: sourceLocation)
        #expect(try backend.names(in: .locks).isEmpty, sourceLocation: sourceLocation)
    }
}

/// What a repository is made of in these tests: streams that share parts.
enum Parts {
    static let all: [[UInt8]] = {
        var random = SeededRandom(seed: 77)
        return (0..<6).map { $0 % 2 == 0 ? random.text(120_000) : random.bytes(90_000) }
    }()

    static func of(_ numbers: Int...) -> [UInt8] { numbers.flatMap { all[$0] } }
}
