import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

struct SessionTests {
    @Test func aSessionLeavesNothingInLocks() throws {
        let test = try TestRepository.make()
        _ = try test.backUp("db", [1, 2, 3])
        #expect(try test.repository.backend.list(.locks).isEmpty)
    }

    /// `format-spec/ordering.md`, writers, 8: a session whose anchor is gone verifies all and commits under a new one.
    @Test func aRevokedSessionVerifiesAndGoesOn() throws {
        let inner = MemoryBackend()
        let backend = FaultyBackend(inner)
        let test = try TestRepository.make(at: backend)
        var random = SeededRandom(seed: 1)
        let bytes = random.bytes(3 << 20)
        let isRevoked = Locked(false)
        backend.setRule { operation, _ in
            // When the snapshot is put, a pruner takes the anchor away and condemns every pack.
            guard operation == .put(.snapshots), !isRevoked.withLock({ $0 }) else { return .none }
            isRevoked.withLock { $0 = true }
            test.endSessionsAndCondemnAll(in: inner)
            return .none
        }
        let result = try test.backUp("db", bytes)
        #expect(isRevoked.withLock { $0 })
        #expect(test.warnings.withLock { $0.contains { $0.contains("prune") } })
        // Once the condemned packs are gone, the snapshot stands on its own.
        backend.setRule { _, _ in .none }
        let index = try test.repository.loadIndex()
        for pack in index.condemned { inner.delete(ObjectName(.data, pack)) }
        #expect(try test.read("db", of: result.snapshot) == bytes)
    }

    @Test func aWriterThatIsAlwaysRevokedGivesUp() throws {
        let inner = MemoryBackend()
        let backend = FaultyBackend(inner)
        let test = try TestRepository.make(at: backend)
        backend.setRule { operation, _ in
            if operation == .put(.snapshots) {
                for anchor in (try? inner.list(.locks)) ?? [] { inner.delete(ObjectName(.locks, anchor.id)) }
            }
            return .none
        }
        let error = #expect(throws: VarveError.self) { try test.backUp("db", [1]) }
        #expect(error?.kind == .busy && error?.isRetryable == true)
    }

    /// A storage that undoes a deletion brings an anchor back; the record that ended the session is still there.
    @Test(arguments: [false, true])
    func aVoidSessionIsNotAcknowledgedThoughItsAnchorIsThere(isReadable: Bool) throws {
        let inner = MemoryBackend()
        let backend = FaultyBackend(inner)
        let test = try TestRepository.make(at: backend)
        let session = try WriterSession(
            test.repository, command: "test", compression: .default, width: 1, cancellation: Cancellation())
        defer { session.close() }
        try test.repository.putRecord(.void([Identifier(bytes: Array(repeating: 9, count: 16)) ?? .zero]))
        #expect(try session.putSnapshot([1]).isAcknowledged, "another session's end is none of its business")
        try test.repository.putRecord(.void([session.id]))
        if !isReadable {
            for name in try inner.names(in: .index) { inner.tamper(with: name) { $0.map { _ in 0 } } }
        }
        #expect(try !session.putSnapshot([2]).isAcknowledged)
    }

    /// Nobody knows whether all that it needs is there, and a prune would stop at it.
    @Test func aSnapshotThatIsNotAcknowledgedGoes() throws {
        let inner = MemoryBackend()
        let backend = FaultyBackend(inner)
        let test = try TestRepository.make(at: backend)
        let kept = try test.backUp("db", [1]).snapshot
        backend.setRule { operation, _ in
            if operation == .put(.snapshots) {
                for anchor in (try? inner.list(.locks)) ?? [] { inner.delete(ObjectName(.locks, anchor.id)) }
            }
            return .none
        }
        #expect(throws: VarveError.self) { try test.backUp("db", [2]) }
        backend.setRule { _, _ in .none }
        #expect(try inner.list(.snapshots).map(\.id) == [kept.id])
        #expect(try test.repository.loadIndex().forgotten.count == 4, "a record for each attempt explains the gaps")
    }

    @Test func packsOfAKilledSessionAreAdopted() throws {
        let inner = MemoryBackend()
        let backend = FaultyBackend(inner)
        let test = try TestRepository.make(at: backend)
        var random = SeededRandom(seed: 2)
        let bytes = random.bytes(5 << 20)
        backend.setRule { operation, _ in operation == .put(.index) ? .fail : .none }
        #expect(throws: VarveError.self) { try test.backUp("db", bytes) }
        backend.setRule { _, _ in .none }
        #expect(try inner.list(.index).isEmpty)
        #expect(try !inner.list(.data).isEmpty)
        let result = try test.backUp("db", bytes)
        #expect(result.progress.newBytes < 2 << 20)
        #expect(try test.read("db", of: result.snapshot) == bytes)
    }

    @Test func condemnedPacksAreNotReckonedWith() throws {
        let test = try TestRepository.make()
        var random = SeededRandom(seed: 3)
        let bytes = random.bytes(1 << 20)
        _ = try test.backUp("db", bytes)
        let packs = try test.repository.backend.list(.data).map(\.id).sorted()
        let record = IndexRecord.condemn(packs).encoded(at: test.repository.configuration.location)
        _ = try test.repository.writeObject(record, type: .condemnRecord, in: .index, session: .zero)
        #expect(try test.backUp("db", bytes).progress.newBytes == UInt64(bytes.count))
    }

    @Test func damageRecordsMakeWritersStoreAgain() throws {
        let test = try TestRepository.make()
        var random = SeededRandom(seed: 4)
        let bytes = random.bytes(1 << 20)
        _ = try test.backUp("db", bytes)
        let pack = try #require(try test.repository.backend.list(.data).max { $0.size < $1.size })
        let parts = [IndexRecord.DamagedPart(pack: pack.id, segment: 128)]
        _ = try test.repository.writeObject(
            IndexRecord.damage(parts).encoded(at: test.repository.configuration.location), type: .damageRecord,
            in: .index, session: .zero)
        #expect(try test.backUp("db", bytes).progress.newBytes > 0)
        #expect(try test.backUp("db", bytes).progress.newBytes == 0)
    }

    @Test func snapshotsOfVoidSessionsDoNotCount() throws {
        let test = try TestRepository.make()
        let snapshot = try test.backUp("db", [1]).snapshot
        _ = try test.repository.writeObject(
            IndexRecord.void([snapshot.session]).encoded(at: test.repository.configuration.location),
            type: .voidRecord, in: .index, session: .zero)
        #expect(try test.snapshots().isEmpty)
    }

    @Test func anUnreadableIndexMeansStoringAnewAndNoLoss() throws {
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend)
        var random = SeededRandom(seed: 5)
        let bytes = random.bytes(2 << 20)
        let first = try test.backUp("db", bytes).snapshot
        for object in try backend.list(.index) {
            backend.tamper(with: ObjectName(.index, object.id)) { $0.dropLast(1) + [0] }
        }
        let reopened = try TestRepository.open(backend)
        // Readers find the packs by themselves; writers reckon with nothing, and say so.
        #expect(try reopened.read("db", of: first) == bytes)
        let again = try reopened.backUp("db", bytes)
        #expect(again.progress.newBytes == UInt64(bytes.count))
        #expect(reopened.warnings.withLock { $0.contains { $0.contains("stores everything anew") } })
        #expect(try reopened.read("db", of: again.snapshot) == bytes)
    }

    /// Fails each operation of a backup in turn: nothing acknowledged may suffer, and the next run must go through.
    @Test(arguments: [false, true])
    func everyOperationMayFail(isDoneAllTheSame: Bool) throws {
        let inner = MemoryBackend()
        let backend = FaultyBackend(inner)
        let test = try TestRepository.make(at: backend)
        var random = SeededRandom(seed: 6)
        let first = random.bytes(300_000)
        let kept = try test.backUp("db", first).snapshot
        var number = 0
        while true {
            let failing = number
            backend.setRule { _, count in count == failing ? (isDoneAllTheSame ? .failAfterwards : .fail) : .none }
            let bytes = random.bytes(200_000)
            let result = try? test.backUp("db", bytes)
            let isReached = backend.operationCount > failing
            backend.setRule { _, _ in .none }
            if let result { #expect(try test.read("db", of: result.snapshot) == bytes) }
            #expect(try test.read("db", of: kept) == first)
            for snapshot in try test.snapshots() { _ = try test.read("db", of: snapshot) }
            if !isReached { break }
            number += 1
        }
        #expect(number >= 10)
        #expect(try test.backUp("db", first).progress.newBytes == 0)
    }
}
