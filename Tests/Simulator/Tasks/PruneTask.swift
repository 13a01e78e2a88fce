import Maintenance
import Primitives
import Repositories
import Threads

extension SimulatedProcess {
    /// Removes what nothing needs; says whether it did.
    @discardableResult
    func prune(_ policy: PrunePolicy) -> Bool {
        let isBeforeTheFirstBackup = place.ledger.acknowledged.isEmpty
        var hasRefused = false
        let isDone = perform("prune") { () throws(VarveError) in
            do throws(VarveError) {
                let report = try PruneRun(repository, policy: policy, width: 2, cancellation: Cancellation()).run()
                note("deleted \(report.deletedPacks) packs, wrote \(report.writtenPacks)")
            } catch  where error.kind == .damaged && isBeforeTheFirstBackup {
                // Without any snapshot, nothing tells packs that are left over from packs whose snapshots were lost.
                note("prune refuses: \(error.problem)")
                hasRefused = true
            }
        }
        return isDone && !hasRefused
    }

    func pruneSomehow() {
        let limits: [PrunePolicy.UnusedLimit] = [.percent(0), .percent(0), .percent(5), .unlimited]
        prune(PrunePolicy(maxUnused: limits.randomElement(using: &world.random) ?? .unlimited))
    }
}
