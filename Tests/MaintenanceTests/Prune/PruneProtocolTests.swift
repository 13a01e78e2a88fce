import Backends
import Compressing
import Maintenance
import Primitives
import Repositories
import Snapshots
import TestSupport
import Testing
import Threads

/// Prunes and backups beside each other, and prunes that are broken off.
struct PruneProtocolTests {
    /// Three snapshots, one of them forgotten, so that a prune deletes packs and writes some anew.
    private struct Scene {
        let fixture: PruneFixture
        let kept: [(snapshot: Snapshot, bytes: [UInt8])]

        init() throws {
            fixture = try PruneFixture()
            let first = try fixture.backUp("db", Parts.of(0, 1, 2))
            let second = try fixture.backUp("db", Parts.of(1))
            let third = try fixture.backUp("db", Parts.of(2, 3))
            kept = [(second, Parts.of(1)), (third, Parts.of(2, 3))]
            try fixture.forget(first)
        }

        private init(_ fixture: PruneFixture, _ kept: [(snapshot: Snapshot, bytes: [UInt8])]) {
            self.fixture = fixture
            self.kept = kept
        }

        func copy() throws -> Scene { Scene(try fixture.copy(), kept) }

        func expectSound(
            _ what: String, with more: [(snapshot: Snapshot, bytes: [UInt8])] = [],
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            for (snapshot, bytes) in kept + more {
                let isRight = try fixture.read("db", of: snapshot) == bytes
                #expect(isRight, "\(what)", sourceLocation: sourceLocation)
            }
        }

        /// Two more prunes lose nothing and leave nothing that is not needed.
        func expectTwoPrunesEndIt(
            _ what: String, with more: [(snapshot: Snapshot, bytes: [UInt8])] = [],
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            try fixture.prune()
            try fixture.prune()
            try expectSound(what, with: more, sourceLocation: sourceLocation)
            try fixture.check()
            try fixture.expectNothingUnused()
        }
    }

    /// Whatever fails, nothing is lost, and the next prunes bring it to its end.
    @Test(arguments: [FaultyBackend.Fault.fail, .failAfterwards])
    func aPruneThatIsBrokenOffAnywhere(fault: FaultyBackend.Fault) throws {
        let scene = try Scene()
        var number = 0
        while true {
            let copy = try scene.copy()
            let faulty = FaultyBackend(copy.fixture.backend)
            let run = try copy.fixture.run(through: faulty)
            // From the operation on nothing works: as if the process were killed.
            faulty.setRule { [number] _, operation in
                operation == number ? fault : operation > number ? .fail : .none
            }
            if failure({ try run.run() }) == nil { break }
            try copy.expectSound("broken off at \(number)")
            try copy.expectTwoPrunesEndIt("finished after \(number)")
            number += 1
        }
        #expect(number > 20)
    }

    /// A backup that begins and ends at any point of a prune.
    @Test func aBackupAtAnyPointOfAPrune() throws {
        let scene = try Scene()
        let bytes = Parts.of(0, 2, 4)
        var number = 0
        while true {
            let copy = try scene.copy()
            let faulty = FaultyBackend(copy.fixture.backend)
            let run = try copy.fixture.run(through: faulty)
            let added = Locked<Snapshot?>(nil)
            faulty.setRule { [number] _, operation in
                if operation == number {
                    let snapshot = try? copy.fixture.backUp("db", bytes)
                    added.withLock { $0 = snapshot }
                }
                return .none
            }
            let error = failure { try run.run() }
            guard let snapshot = added.withLock({ $0 }) else { break }
            #expect(error == nil, "\(number): \(error?.problem ?? "")")
            try copy.expectSound("backup at \(number)", with: [(snapshot, bytes)])
            try copy.expectTwoPrunesEndIt("pruned after \(number)", with: [(snapshot, bytes)])
            number += 1
        }
        #expect(number > 20)
    }

    /// A backup that stands still at any point while a prune takes it for dead: it is acknowledged only if all is there, else it fails.
    @Test func aPruneAtAnyPointOfABackup() throws {
        let scene = try Scene()
        let bytes = Parts.of(0, 2, 4)
        var number = 0
        var revoked = 0
        var failed = 0
        while true {
            let copy = try scene.copy()
            let faulty = FaultyBackend(copy.fixture.backend)
            let test = try copy.fixture.test(faulty)
            let ended = Locked<Int?>(nil)
            faulty.setRule { [number] _, operation in
                if operation == number {
                    let report = try? copy.fixture.prune()
                    ended.withLock { $0 = report?.endedSessions ?? -1 }
                }
                return .none
            }
            let stream = try TestRepository.stream("db", bytes)
            var snapshot: Snapshot?
            let error = failure { snapshot = try test.backUp([stream]) { $0.width = 1 }.snapshot }
            guard let sessions = ended.withLock({ $0 }) else { break }
            #expect(sessions >= 0, "the prune in operation \(number) failed")
            revoked += sessions
            if let error {
                #expect(error.kind == .damaged && sessions == 1, "\(number): \(error.problem)")
                failed += 1
            }
            let acknowledged = try snapshot ?? copy.fixture.backUp("db", bytes)
            try copy.expectSound("prune at \(number)", with: [(acknowledged, bytes)])
            try copy.fixture.check()
            try copy.expectTwoPrunesEndIt("pruned after \(number)", with: [(acknowledged, bytes)])
            number += 1
        }
        #expect(number > 10 && revoked > 5 && failed > 0)
    }

    /// Two prunes at once.
    @Test func aPruneAtAnyPointOfAPrune() throws {
        let scene = try Scene()
        var number = 0
        while true {
            let copy = try scene.copy()
            let faulty = FaultyBackend(copy.fixture.backend)
            let run = try copy.fixture.run(through: faulty)
            let isReached = Locked(false)
            faulty.setRule { [number] _, operation in
                if operation == number {
                    isReached.withLock { $0 = true }
                    #expect(failure { try copy.fixture.prune() } == nil)
                }
                return .none
            }
            let error = failure { try run.run() }
            guard isReached.withLock({ $0 }) else { break }
            #expect(error == nil, "\(number): \(error?.problem ?? "")")
            try copy.expectSound("prune at \(number)")
            try copy.expectTwoPrunesEndIt("pruned after \(number)")
            number += 1
        }
        #expect(number > 20)
    }

    private func session(_ fixture: PruneFixture) throws -> WriterSession {
        try WriterSession(
            try fixture.test().repository, command: "a test", compression: .default, width: 1,
            cancellation: Cancellation())
    }

    /// Packs that a running session may use stay until it has ended, and the prune then goes on.
    @Test func aPruneWaitsForThoseAtWork() throws {
        let scene = try Scene()
        let session = try session(scene.fixture)
        let before = try scene.fixture.backend.names(in: .data)
        let waits = Locked(0)
        let report = try scene.fixture.prune {
            let count = waits.withLock { waits in
                waits += 1
                return waits
            }
            if count == 3 {
                #expect((try? scene.fixture.backend.names(in: .data)) == before)
                session.close()
            }
        }
        #expect(waits.withLock { $0 } == 3)
        #expect(report.endedSessions == 0 && report.deletedPacks > 0)
        try scene.expectSound("after waiting")
        try scene.fixture.expectNothingUnused()
    }

    @Test func aPruneThatMayNotWaitLongerIsGoneOnWith() throws {
        let scene = try Scene()
        let old = try session(scene.fixture)
        let before = try scene.fixture.backend.names(in: .data)
        let error = failure { try scene.fixture.prune(maxWait: 600) }
        #expect(error?.kind == .busy && error?.isRetryable == true)
        #expect(try scene.fixture.backend.names(in: .data) == before)
        #expect(try scene.fixture.backend.names(in: .locks).count == 1)
        // Those condemned wait for the old session alone; a newer one is in nobody's way.
        let new = try session(scene.fixture)
        old.close()
        let index = try scene.fixture.test().repository.loadIndex()
        let left = try scene.fixture.run().plan().leftPacks
        #expect(left == index.condemned.count && left > 0)
        let report = try scene.fixture.prune(maxWait: 0)
        #expect(report.leftPacks == left && report.deletedPacks == left)
        new.close()
        try scene.fixture.prune()
        try scene.expectSound("in the end")
        try scene.fixture.expectNothingUnused()
    }

    /// What a killed session left goes, whether an index object names it or not, though nothing else is to be done.
    @Test(arguments: [true, false]) func whatAKilledSessionLeftGoes(isIndexed: Bool) throws {
        let fixture = try PruneFixture()
        let kept = try fixture.backUp("db", Parts.of(0))
        let faulty = FaultyBackend(fixture.backend)
        let test = try fixture.test(faulty)
        faulty.setRule { operation, _ in
            operation == .put(.snapshots) || operation == .delete(.locks) || (!isIndexed && operation == .put(.index))
                ? .fail : .none
        }
        #expect(failure { try test.backUp("db", Parts.of(1)) } != nil)
        #expect(try fixture.backend.names(in: .locks).count == 1)
        #expect(try fixture.backend.names(in: .data).count > 2)
        let first = try fixture.prune()
        #expect(first.endedSessions == 1 && first.deletedPacks == 0)
        let second = try fixture.prune()
        #expect(second.endedSessions == 0 && second.deletedPacks > 0)
        #expect(try fixture.read("db", of: kept) == Parts.of(0))
        try fixture.check()
        try fixture.expectNothingUnused()
    }

    /// The storage loses an anchor before any prune has seen it, and shows a snapshot after what it needs has gone.
    @Test func aSnapshotOfWhatWentDoesNotCount() throws {
        let fixture = try PruneFixture()
        let kept = try fixture.backUp("db", Parts.of(0))
        let late = try session(fixture)
        _ = try late.storeNode(Array(repeating: 7, count: 3000), as: .tree)
        try late.finishStoring()
        for name in try fixture.backend.names(in: .locks) { fixture.backend.delete(name) }
        #expect(try fixture.prune().deletedPacks == 1)
        let (name, isAcknowledged) = try late.putSnapshot(try kept.record.encoded())
        #expect(!isAcknowledged)
        late.close()
        #expect(try fixture.test().repository.loadIndex().voidSessions.contains(late.id))
        #expect(try fixture.prune().deletedSnapshots == [name.id])
        try fixture.check()
    }

    /// A snapshot that a session put after it was ended does not count, and goes; the gap it leaves is explained.
    @Test func aLateSnapshotGoes() throws {
        let fixture = try PruneFixture()
        let kept = try fixture.backUp("db", Parts.of(0))
        let late = try session(fixture)
        let ended = try fixture.prune()
        #expect(ended.endedSessions == 0, "nothing is to be gained from a session that stored nothing")
        try fixture.forget(try fixture.backUp("db", Parts.of(1)))
        #expect(try fixture.prune().endedSessions == 1)
        let (name, isAcknowledged) = try late.putSnapshot(try kept.record.encoded())
        #expect(!isAcknowledged)
        late.close()
        #expect(try fixture.backend.names(in: .snapshots).contains(name))
        #expect(try fixture.prune().deletedSnapshots == [name.id])
        #expect(try fixture.backend.names(in: .snapshots).map(\.id) == [kept.id])
        let index = try fixture.test().repository.loadIndex()
        #expect(index.forgotten.contains { $0.name == name.id })
        try fixture.expectNothingUnused()
    }
}
