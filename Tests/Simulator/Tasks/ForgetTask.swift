import Primitives
import Repositories
import Snapshots
import Threads

extension SimulatedProcess {
    /// Removes all snapshots that there are.
    func forgetAll() {
        perform("forget all") { () throws(VarveError) in try remove(try repository.loadSnapshotsForPolicy()) }
    }

    /// Removes snapshots: what a policy does not keep, or some by name.
    func forget() {
        perform("forget") { () throws(VarveError) in
            let snapshots = try repository.loadSnapshotsForPolicy()
            let going = try Bool.random(using: &world.random) ? removedByPolicy(snapshots) : some(of: snapshots)
            try remove(going)
        }
    }

    private func remove(_ going: [Snapshot]) throws(VarveError) {
        if going.isEmpty { return }
        place.ledger.remove(going)
        note("removes \(going.map(\.id.shortHex).joined(separator: " "))")
        let result = try SnapshotRemoval(repository, cancellation: Cancellation()).run(going)
        if let error = result.retained.first?.error, !mayFail(with: error) {
            world.violate("a snapshot is not removed, without reason: \(error)")
        }
    }

    private func removedByPolicy(_ snapshots: [Snapshot]) throws(VarveError) -> [Snapshot] {
        var policy = RetentionPolicy()
        policy.last = .newest(Int.random(in: 1...2, using: &world.random))
        return try ForgetPlan(
            snapshots, policy, grouping: SnapshotGrouping(by: [.host]), now: repository.environment.clock.now(),
            zone: .utc, allowsEmptyGroup: false
        ).removed
    }

    private func some(of snapshots: [Snapshot]) -> [Snapshot] {
        snapshots.filter { _ in world.random.next() % 3 == 0 }
    }
}
