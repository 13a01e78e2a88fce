import Backends
import Primitives
import Repositories
import Snapshots
import TestSupport
import Testing
import Threads

/// `format-spec/ordering.md`: forget record, then the snapshots.
struct SnapshotRemovalTests {
    private let inner = MemoryBackend()
    private let backend: FaultyBackend
    private let test: TestRepository
    private let snapshots: [Snapshot]

    init() throws {
        backend = FaultyBackend(inner)
        let test = try TestRepository.make(at: backend)
        self.test = test
        snapshots = try (0..<3).map { try test.backUp("db", [UInt8($0), 1, 2, 3]).snapshot }
    }

    private func remove(_ snapshots: [Snapshot]) throws -> SnapshotRemoval.Result {
        try SnapshotRemoval(test.repository, cancellation: Cancellation()).run(snapshots)
    }

    /// What the forget records name.
    private func forgotten() throws -> Set<IndexRecord.ForgottenSnapshot> {
        var found: Set<IndexRecord.ForgottenSnapshot> = []
        for name in try inner.names(in: .index) {
            guard let (header, plain) = try? test.repository.readObject(name, types: [.forgetRecord]) else { continue }
            let record = try IndexRecord.decode(plain, type: header.type)
            #expect(record.location == test.repository.configuration.location)
            if case .forget(let snapshots) = record.record { found.formUnion(snapshots) }
        }
        return found
    }

    private func entry(_ snapshot: Snapshot) -> IndexRecord.ForgottenSnapshot {
        IndexRecord.ForgottenSnapshot(
            name: snapshot.id, writer: snapshot.record.writer, sequence: snapshot.record.sequence,
            original: snapshot.id)
    }

    @Test func theRecordComesFirst() throws {
        let done = Locked<[FaultyBackend.Operation]>([])
        backend.watch { operation, _ in done.withLock { $0.append(operation) } }
        let result = try remove([snapshots[2], snapshots[0]])
        #expect(done.withLock { $0 } == [.put(.index), .delete(.snapshots), .delete(.snapshots)])
        #expect(result.removed == [snapshots[2], snapshots[0]] && result.retained.isEmpty)
        #expect(try forgotten() == [entry(snapshots[0]), entry(snapshots[2])])
        #expect(try test.snapshots() == [snapshots[1]])
        #expect(try inner.list(.locks).isEmpty)
    }

    @Test func nothingToRemoveLeavesNoRecord() throws {
        backend.setRule { _, _ in .fail }
        #expect(try remove([]).removed.isEmpty)
        #expect(backend.operationCount == 0)
    }

    @Test(arguments: [false, true])
    func withoutTheRecordNothingIsDeleted(isDoneAllTheSame: Bool) throws {
        backend.setRule { operation, _ in
            operation == .put(.index) ? (isDoneAllTheSame ? .failAfterwards : .fail) : .none
        }
        #expect(failure { try remove(snapshots) }?.kind == .storage)
        backend.setRule { _, _ in .none }
        #expect(try test.snapshots() == snapshots)
    }

    @Test func aRefusedDeletionKeepsNobodyElse() throws {
        backend.setRule { operation, number in operation == .delete(.snapshots) && number == 2 ? .fail : .none }
        let result = try remove(snapshots)
        backend.setRule { _, _ in .none }
        #expect(result.removed == [snapshots[0], snapshots[2]])
        #expect(result.retained.map(\.snapshot) == [snapshots[1]])
        #expect(result.retained.first?.error.problem.contains("injected") == true)
        #expect(try test.snapshots() == [snapshots[1]])
    }

    /// A crash behind the record: the snapshot counts until it is gone, and goes with the next run.
    @Test func aSnapshotThatIsForgottenAndStillThereCounts() throws {
        backend.setRule { operation, _ in operation == .delete(.snapshots) ? .fail : .none }
        #expect(try remove([snapshots[1]]).retained.count == 1)
        backend.setRule { _, _ in .none }
        let reopened = try TestRepository.open(inner)
        #expect(try reopened.snapshots() == snapshots)
        #expect(try reopened.read("db", of: snapshots[1]) == [1, 1, 2, 3])
        #expect(try reopened.repository.loadSnapshotsForPolicy() == snapshots)
        #expect(try remove([snapshots[1]]).removed == [snapshots[1]])
        #expect(try forgotten() == [entry(snapshots[1])])
        #expect(try TestRepository.open(inner).snapshots() == [snapshots[0], snapshots[2]])
    }

    @Test func aCancelledRemovalDeletesNoMore() throws {
        let cancellation = Cancellation()
        backend.watch { operation, _ in
            if operation == .delete(.snapshots) { cancellation.cancel(VarveError(.cancelled, "enough")) }
        }
        let removal = SnapshotRemoval(test.repository, cancellation: cancellation, deletedTogether: 1)
        let error = failure { try removal.run(snapshots) }
        #expect(error?.kind == .cancelled)
        #expect(try test.snapshots() == Array(snapshots[1...]))
    }

    /// Whichever operation fails: what is gone is in a record.
    @Test(arguments: [false, true])
    func everyOperationMayFail(isDoneAllTheSame: Bool) throws {
        for failing in 0..<5 {
            let copy = FaultyBackend(try inner.copy())
            let test = try TestRepository.open(copy)
            copy.setRule { _, number in number == failing ? (isDoneAllTheSame ? .failAfterwards : .fail) : .none }
            let result = try? SnapshotRemoval(test.repository, cancellation: Cancellation()).run(snapshots)
            copy.setRule { _, _ in .none }
            let left = Set(try test.snapshots())
            #expect(result == nil ? left.count == 3 : left.isSubset(of: result?.retained.map(\.snapshot) ?? []))
            let records = try copy.list(.index).compactMap { object in
                try? test.repository.readObject(ObjectName(.index, object.id), types: [.forgetRecord]).plain
            }
            #expect(left.count == 3 || !records.isEmpty)
        }
    }

    @Test func aPolicyIsNotAppliedWhereTheIndexCannotBeRead() throws {
        let record = IndexRecord.void([snapshots[2].session]).encoded(at: test.repository.configuration.location)
        let name = try test.repository.writeObject(record, type: .voidRecord, in: .index, session: .zero)
        #expect(try test.repository.loadSnapshotsForPolicy() == Array(snapshots[..<2]))
        inner.flip(name, at: 140)
        let error = failure { try TestRepository.open(inner).repository.loadSnapshotsForPolicy() }
        #expect(error?.kind == .damaged)
        #expect(error?.problem.contains("\(name)") == true)
    }
}
