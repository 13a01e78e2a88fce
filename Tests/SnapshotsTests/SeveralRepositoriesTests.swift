import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

/// One backup into several repositories of a family (`backup --also`).
struct SeveralRepositoriesTests {
    private let stores: [MemoryBackend]
    private let faults: [FaultyBackend]
    private let contents: [[UInt8]]

    init() throws {
        var random = SeededRandom(seed: 9)
        contents = (0..<3).map { _ in random.bytes(3 << 19) }
        let stores = (0..<3).map { _ in MemoryBackend() }
        let first = try TestRepository.make(at: stores[0])
        for other in stores.dropFirst() {
            _ = try first.repository.createTier(at: other, label: "", password: TestRepository.password)
        }
        self.stores = stores
        faults = stores.map { FaultyBackend($0) }
    }

    private func open() throws -> [Repository] { try faults.map { try TestRepository.open($0).repository } }

    private func backUp(_ name: String, _ bytes: [UInt8], to repositories: [Repository]? = nil) throws -> BackupResult {
        var request = BackupRequest(host: "host")
        request.streams = [try TestRepository.stream(name, bytes)]
        return try BackupRun(try repositories ?? open(), request, cancellation: Cancellation()).run()
    }

    private func read(_ name: String, from number: Int) throws -> [UInt8] {
        let test = try TestRepository.open(stores[number])
        let snapshot = try #require(try test.snapshots().last)
        return try test.read(name, of: snapshot)
    }

    private func packs(_ number: Int) throws -> Set<Digest> { Set(try stores[number].list(.data).map(\.id)) }

    @Test func allGetTheSamePacksAndASnapshotOfTheirOwn() throws {
        let result = try backUp("db", contents[0])
        #expect(result.tiers.count == 3 && result.tiers.allSatisfy { $0.failure == nil })
        #expect(try packs(0) == packs(1) && packs(1) == packs(2))
        #expect(result.stored.packs == (try packs(0)).count)
        let snapshots = try result.tiers.map { try $0.outcome.get() }
        #expect(Set(snapshots.map(\.id)).count == 3 && snapshots[0] == result.snapshot)
        #expect(snapshots[0].record.original == nil)
        #expect(snapshots[1...].allSatisfy { $0.record.original == snapshots[0].id })
        #expect(Set(snapshots.map(\.record.root)).count == 1)
        for number in 0..<3 {
            #expect(try read("db", from: number) == contents[0])
            #expect(try stores[number].list(.locks).isEmpty)
            #expect(try TestRepository.open(stores[number]).repository.loadIndex().unindexedPacks.isEmpty)
        }
    }

    @Test func whatIsMissingInOneIsStoredInAll() throws {
        _ = try backUp("db", contents[0], to: [try open()[0]])
        let before = try packs(0)
        #expect(try packs(1).isEmpty)
        let result = try backUp("db", contents[0] + contents[1], to: Array(try open()[..<2]))
        #expect(try packs(1) == packs(0).subtracting(before))
        #expect(result.progress.newBytes >= 3 << 20)
        for number in 0..<2 { #expect(try read("db", from: number) == contents[0] + contents[1]) }
        // Then nothing is missing anywhere.
        let again = try backUp("db", contents[0] + contents[1], to: Array(try open()[..<2]))
        #expect(again.progress.newBytes == 0)
    }

    private struct Outage: Sendable, CustomTestStringConvertible {
        let operation: FaultyBackend.Operation
        let testDescription: String
    }

    private static let outages = [
        Outage(operation: .put(.locks), testDescription: "at the beginning"),
        Outage(operation: .list(.data), testDescription: "while the index is read"),
        Outage(operation: .list(.snapshots), testDescription: "while the parent is looked for"),
        Outage(operation: .put(.data), testDescription: "at the packs"),
        Outage(operation: .put(.index), testDescription: "at the index"),
        Outage(operation: .put(.snapshots), testDescription: "at the snapshot"),
    ]

    @Test(arguments: outages, 0..<3)
    private func oneThatFailsDoesNotFailTheOthers(outage: Outage, failing: Int) throws {
        // Only the first is asked for snapshots.
        if outage.operation == .list(.snapshots), failing > 0 { return }
        _ = try backUp("db", contents[0])
        let repositories = try open()
        faults[failing].setRule { operation, _ in operation == outage.operation ? .fail : .none }
        let result = try backUp("db", contents[0] + contents[1], to: repositories)
        for number in 0..<3 {
            let test = try TestRepository.open(stores[number])
            #expect((result.tiers[number].failure != nil) == (number == failing))
            #expect(try test.snapshots().count == (number == failing ? 1 : 2))
            #expect(try read("db", from: number) == (number == failing ? contents[0] : contents[0] + contents[1]))
        }
        #expect(result.snapshot == (try result.tiers[failing == 0 ? 1 : 0].outcome.get()))
        // And it goes on with the next backup.
        faults[failing].setRule { _, _ in .none }
        #expect(try backUp("db", contents[0] + contents[1]).tiers.allSatisfy { $0.failure == nil })
        for number in 0..<3 { #expect(try read("db", from: number) == contents[0] + contents[1]) }
    }

    @Test func whereAllFailThereIsNoSnapshot() throws {
        let repositories = try open()
        for fault in faults { fault.setRule { operation, _ in operation == .put(.data) ? .fail : .none } }
        let error = #expect(throws: VarveError.self) { try backUp("db", contents[0], to: repositories) }
        #expect(error?.kind == .storage)
        for store in stores { #expect(try store.list(.snapshots).isEmpty) }
    }

    /// A prune in one of them ends the session there, and only there: what the snapshot needs is made sure of.
    @Test func aPruneInOneEndsTheSessionThere() throws {
        let repositories = try open()
        let other = try TestRepository.open(stores[1])
        let isDone = Locked(false)
        faults[1].watch { [stores] operation, _ in
            guard operation == .put(.snapshots), !isDone.withLock({ $0 }) else { return }
            isDone.withLock { $0 = true }
            other.endSessionsAndCondemnAll(in: stores[1])
        }
        let result = try backUp("db", contents[0], to: repositories)
        let snapshots = try result.tiers.map { try $0.outcome.get() }
        #expect(snapshots[0].session == snapshots[2].session && snapshots[0].session != snapshots[1].session)
        let index = try TestRepository.open(stores[1]).repository.loadIndex()
        #expect(index.condemned.isDisjoint(with: index.listing.keys.filter { !index.condemned.contains($0) }))
        #expect(try packs(1).count > packs(0).count)
        for number in 0..<3 { #expect(try read("db", from: number) == contents[0]) }
    }

    @Test func aKeyThatOnlyOneHasIsGivenToTheOthers() throws {
        let repositories = try open()
        _ = try repositories[0].rotateMasterKey()
        let result = try backUp("db", contents[0], to: repositories)
        #expect(result.tiers.allSatisfy { $0.failure == nil })
        for number in 0..<3 { #expect(try read("db", from: number) == contents[0]) }
    }

    @Test func strangersAreRefusedBeforeAnythingIsWritten() throws {
        let stranger = try TestRepository.make().repository
        let error = #expect(throws: VarveError.self) {
            try backUp("db", contents[0], to: [try open()[0], stranger])
        }
        #expect(error?.kind == .usage && error?.advice.contains("--copy-parameters-from") == true)
        let twice = #expect(throws: VarveError.self) {
            try backUp("db", contents[0], to: [try open()[0], try open()[0]])
        }
        #expect(twice?.kind == .usage)
        #expect(try packs(0).isEmpty)
    }
}
