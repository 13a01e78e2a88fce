import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

struct TagTests {
    private let inner = MemoryBackend()
    private let backend: FaultyBackend
    private let test: TestRepository
    private let bytes: [UInt8]
    private let old: Snapshot

    init() throws {
        backend = FaultyBackend(inner)
        test = try TestRepository.make(at: backend)
        var random = SeededRandom(seed: 31)
        bytes = random.bytes(3 << 20)
        old = try test.backUp([TestRepository.stream("db", bytes)]) { $0.tags = ["nightly"] }.snapshot
    }

    private func tag(
        _ snapshot: Snapshot, _ change: TagChange, in test: TestRepository? = nil
    ) throws -> TagRun.Result? {
        let repository = (test ?? self.test).repository
        return try TagRun(repository, change, width: 2, cancellation: Cancellation()).run(snapshot)
    }

    @Test(arguments: [
        (TagChange.edit(add: ["c", "a"], remove: []), ["b", "a", "c"]), (.edit(add: [], remove: ["a", "x"]), ["b"]),
        (.edit(add: ["c", "c"], remove: ["b"]), ["a", "c"]), (.set([]), []), (.set(["z", "z", "y"]), ["z", "y"]),
    ])
    func changes(change: TagChange, expected: [String]) { #expect(change.applied(to: ["b", "a"]) == expected) }

    @Test func aTaggedSnapshotIsTheSameButForItsTags() throws {
        let result = try #require(try tag(old, .edit(add: ["release"], remove: ["nightly"])))
        #expect(result.retained == nil)
        let new = result.snapshot
        #expect(try test.snapshots() == [new])
        var expected = old.record
        expected.tags = ["release"]
        expected.original = old.id
        expected.sequence = old.record.sequence + 1
        expected.previous = old.id
        #expect(new.record == expected)
        #expect(try test.read("db", of: new) == bytes)
        #expect(try inner.list(.locks).isEmpty)
        // The first of a chain is what the last one names.
        let third = try #require(try tag(new, .set([])))
        #expect(third.snapshot.record.original == old.id && third.snapshot.record.previous == new.id)
        #expect(try SnapshotRecord(decoding: third.snapshot.record.encoded(), of: "again") == third.snapshot.record)
    }

    @Test func whatIsTaggedSoAlreadyStays() throws {
        backend.setRule { _, _ in .fail }
        #expect(try tag(old, .edit(add: ["nightly"], remove: ["x"])) == nil)
        #expect(backend.operationCount == 0)
    }

    @Test func theOldOneGoesAfterTheNewOneIsAcknowledged() throws {
        let done = Locked<[FaultyBackend.Operation]>([])
        backend.watch { operation, _ in done.withLock { $0.append(operation) } }
        _ = try tag(old, .set(["x"]))
        let order = done.withLock { $0 }.filter {
            [.put(.snapshots), .delete(.snapshots), .delete(.locks)].contains($0)
        }
        // The anchor is removed by who has seen it in a listing.
        #expect(order == [.put(.snapshots), .delete(.locks), .delete(.snapshots)])
    }

    /// A prune that ends the session, and condemns all that there is: the new snapshot stands on its own copies.
    @Test func aRevokedSessionStoresWhatIsGoing() throws {
        let isRevoked = Locked(false)
        backend.setRule { operation, _ in
            guard operation == .put(.snapshots), !isRevoked.withLock({ $0 }) else { return .none }
            isRevoked.withLock { $0 = true }
            test.endSessionsAndCondemnAll(in: inner)
            return .none
        }
        let result = try #require(try tag(old, .set(["x"])))
        backend.setRule { _, _ in .none }
        #expect(isRevoked.withLock { $0 })
        for pack in try test.repository.loadIndex().condemned { inner.delete(ObjectName(.data, pack)) }
        #expect(try test.read("db", of: result.snapshot) == bytes)
        #expect(try !test.snapshots().contains(old))
    }

    @Test func withoutAcknowledgementTheOldOneStays() throws {
        backend.setRule { operation, _ in
            if operation == .put(.snapshots) {
                for anchor in (try? inner.list(.locks)) ?? [] { inner.delete(ObjectName(.locks, anchor.id)) }
            }
            return .none
        }
        #expect(failure { try tag(old, .set(["x"])) }?.kind == .busy)
        #expect(try test.snapshots().contains(old))
    }

    @Test func aSnapshotThatHasLostContentStaysAsItIs() throws {
        let pack = try #require(try inner.list(.data).max { $0.size < $1.size })
        inner.delete(ObjectName(.data, pack.id))
        let kind = failure { try tag(old, .set(["x"])) }?.kind
        #expect(kind == .damaged || kind == .notFound)
        #expect(try test.snapshots() == [old])
    }

    @Test func aSnapshotThatWasRemovedDoesNotComeBack() throws {
        _ = try SnapshotRemoval(test.repository, cancellation: Cancellation()).run([old])
        #expect(failure { try tag(old, .set(["x"])) }?.kind == .notFound)
        #expect(try test.snapshots().isEmpty)
        #expect(try inner.list(.locks).isEmpty)
    }

    @Test func aRefusedDeletionIsTold() throws {
        backend.setRule { operation, _ in operation == .delete(.snapshots) ? .fail : .none }
        let result = try #require(try tag(old, .set(["x"])))
        #expect(result.retained?.kind == .storage)
        #expect(try Set(test.snapshots()) == [old, result.snapshot])
    }

    /// Whichever operation fails: the content stays to be had, under the old tags or the new ones.
    @Test(arguments: [false, true])
    func everyOperationMayFail(isDoneAllTheSame: Bool) throws {
        var failing = 0
        while true {
            let copy = FaultyBackend(try inner.copy())
            let test = try TestRepository.open(copy)
            let number = failing
            copy.setRule { _, count in count == number ? (isDoneAllTheSame ? .failAfterwards : .fail) : .none }
            let result = try? tag(old, .set(["x"]), in: test)
            let isReached = copy.operationCount > number
            copy.setRule { _, _ in .none }
            let left = try test.snapshots()
            #expect(left.contains(old) || left.contains { $0.record.original == old.id }, "operation \(number)")
            if let result { #expect(left.contains(result.snapshot)) }
            for snapshot in left { #expect(try test.read("db", of: snapshot) == bytes, "operation \(number)") }
            if !isReached { break }
            failing += 1
        }
        #expect(failing >= 8)
    }
}
