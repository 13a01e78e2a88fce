import Maintenance
import Primitives
import Repositories
import Testing

private func name(_ number: UInt64) -> Digest { Digest(number, number, number, number) }

private func session(_ number: UInt8) -> Identifier {
    Identifier(bytes: [UInt8](repeating: number, count: 16)) ?? .zero
}

private func anchor(_ number: UInt8) -> IndexRecord.AnchorName {
    IndexRecord.AnchorName(name: name(UInt64(number)), session: session(number))
}

/// Whom a prune waits for, and whom it judges dead.
struct DrainWatchTests {
    private func sight(_ anchors: [UInt8], _ heartbeats: [UInt8: [UInt64]] = [:]) -> DrainWatch.Sight {
        var beats: [Digest: Set<Digest>] = [:]
        for (anchor, names) in heartbeats { beats[name(UInt64(anchor))] = Set(names.map(name)) }
        return DrainWatch.Sight(
            names: Set(anchors.map { name(UInt64($0)) }).union(beats.values.joined()), heartbeats: beats)
    }

    private func watch(_ anchors: [UInt8], _ goal: DrainWatch.Goal = .allOver) -> DrainWatch {
        DrainWatch(anchors.map(anchor), goal: goal, staleAfter: 1800, now: 100)
    }

    @Test func anchorsThatAreGoneAreNotWaitedFor() {
        var watch = watch([1, 2])
        #expect(watch.observe(sight([1, 2]), at: 100).waiting == [anchor(1), anchor(2)])
        #expect(watch.observe(sight([2, 3]), at: 105).waiting == [anchor(2)])
        // One that is gone stays gone, even if a listing shows it once more; newer ones are no matter.
        #expect(watch.observe(sight([1, 2, 3]), at: 110).waiting == [anchor(2)])
        #expect(watch.observe(sight([3]), at: 115) == DrainWatch.Verdict())
    }

    @Test func whoShowsNoSignOfLifeIsStale() {
        var watch = watch([1, 2])
        // What is there at first is no sign of life: it may be years old.
        #expect(watch.observe(sight([1, 2], [1: [10], 2: [20]]), at: 100).stale.isEmpty)
        #expect(watch.observe(sight([1, 2], [1: [10], 2: [21]]), at: 1000).stale.isEmpty)
        #expect(watch.observe(sight([1, 2], [1: [10], 2: [21]]), at: 1899).stale.isEmpty)
        let verdict = watch.observe(sight([1, 2], [1: [10], 2: [21]]), at: 1900)
        #expect(verdict.stale == [anchor(1)] && verdict.waiting == [anchor(2)])
        // A heartbeat that goes is a change as well: somebody took it away.
        #expect(watch.observe(sight([2]), at: 2700).waiting == [anchor(2)])
        #expect(watch.observe(sight([2]), at: 4499).waiting == [anchor(2)])
        #expect(watch.observe(sight([2]), at: 4500).stale == [anchor(2)])
    }

    @Test func whoLivesIsNotWaitedForWhereNothingGoes() {
        var watch = watch([1, 2], .deadOnesKnown)
        #expect(watch.observe(sight([1, 2], [1: [10]]), at: 100).waiting == [anchor(1), anchor(2)])
        #expect(watch.observe(sight([1, 2], [1: [11]]), at: 220).waiting == [anchor(2)])
        let verdict = watch.observe(sight([1, 2], [1: [12]]), at: 1900)
        #expect(verdict.waiting.isEmpty && verdict.stale == [anchor(2)])
    }
}

/// Which sessions become void, which drain records are done, and what others left.
struct CondemnedPacksTests {
    private func drain(_ number: UInt64, _ packs: [UInt64], _ anchors: [UInt8]) -> DrainRecord {
        DrainRecord(name: name(number), packs: packs.map(name), anchors: anchors.map(anchor))
    }

    @Test func sessionsThatLeftNothingBecomeVoid() {
        let drains = [drain(1, [10], [1, 2, 3]), drain(2, [11], [3, 4, 5])]
        // 1 is at work, 2 left a snapshot, 4 is void already; 7 and 9 wrote what is going, and 9 left a snapshot.
        #expect(
            SessionVoiding.sessions(
                drains: drains, writers: [session(7), session(9)], anchors: [name(1)],
                snapshots: [session(2), session(9)], void: [session(4)]) == [session(3), session(5), session(7)])
        #expect(SessionVoiding.sessions(drains: [], writers: [], anchors: [], snapshots: [], void: []).isEmpty)
    }

    @Test func drainRecordsAreDoneWhenAllIsKnown() {
        let drains = [
            drain(1, [10], []), drain(2, [11], []), drain(3, [], [1]), drain(4, [], [2]), drain(5, [], [3]),
            drain(6, [], [4]),
        ]
        // Pack 11 is still there; 1 is at work; 2 left a snapshot, 3 is void; of 4 nobody knows yet.
        let done = SessionVoiding.finishedDrains(
            drains, isKnown: { $0 == name(11) }, anchors: [name(1)], snapshots: [session(2)], void: [session(3)])
        #expect(done == [name(1), name(4), name(5)].sorted())
    }

    @Test func whatOthersLeftWaitsForTheirSessionsAlone() {
        let drains = [drain(1, [10, 11], [1]), drain(2, [12], [2]), drain(3, [13, 99], [3])]
        let left = CondemnedPacks(
            leftOf: Set([10, 12, 13, 14].map(name)), known: { $0 != name(12) }, drains: drains)
        #expect(left.packs == Set([10, 13, 14].map(name)))
        #expect(left.recordedAnchors == [anchor(1), anchor(3)])
        #expect(left.undrained == [name(14)])
        #expect(left.uncondemned.isEmpty)
        let new = CondemnedPacks(condemning: [name(1)])
        #expect(new.uncondemned == new.packs && new.undrained == new.packs && new.recordedAnchors.isEmpty)
    }
}

/// When nothing may be deleted.
struct DeletionGuardTests {
    private var sound: DeletionGuard.Facts {
        var facts = DeletionGuard.Facts()
        facts.indexObjectCount = 1
        facts.indexedPackCount = 2
        facts.listedPackCount = 2
        facts.uncondemnedPackCount = 2
        facts.snapshots = [name(1): nil, name(2): name(1)]
        return facts
    }

    private func objection(_ change: (inout DeletionGuard.Facts) -> Void) -> VarveError? {
        var facts = sound
        change(&facts)
        return DeletionGuard(facts).objection
    }

    @Test func aSoundRepositoryMayBePruned() {
        #expect(objection { _ in } == nil)
        #expect(objection { $0.known = [name(1)] } == nil)
        #expect(DeletionGuard(DeletionGuard.Facts()).objection == nil)
    }

    @Test func anythingUnreadableForbidsIt() {
        let error = objection { $0.unreadable = [.damaged("index/12", "broken")] }
        #expect(error?.kind == .damaged && error?.problem.contains("index/12") == true)
    }

    @Test func emptyListingsForbidIt() {
        #expect(objection { $0.indexObjectCount = 0 }?.problem.contains("index/") == true)
        // A pack that was condemned and came back needs no index object.
        let ofCondemned = objection {
            $0.indexObjectCount = 0
            $0.uncondemnedPackCount = 0
        }
        #expect(ofCondemned == nil)
        #expect(objection { $0.listedPackCount = 0 }?.problem.contains("data/") == true)
        #expect(objection { $0.snapshots = [:] }?.problem.contains("snapshots/") == true)
        #expect(
            objection {
                $0.snapshots = [:]
                $0.forgotten = [name(1), name(2)]
            } == nil)
        #expect(
            objection {
                $0.snapshots = [:]
                $0.areAllPacksVoid = true
            } == nil)
    }

    @Test func snapshotsThatVanishedForbidIt() {
        // The one that another names, and the ones that were seen.
        #expect(objection { $0.snapshots[name(1)] = nil }?.problem.contains(name(1).hex) == true)
        #expect(objection { $0.known = [name(7)] }?.problem.contains(name(7).hex) == true)
        #expect(
            objection {
                $0.snapshots[name(1)] = nil
                $0.known = [name(7)]
                $0.forgotten = [name(1), name(7)]
            } == nil)
    }
}
