import Primitives
import Repositories
import Snapshots
import Threads
import Tiers

extension SimulatedProcess {
    /// Copies snapshots from here to another place; they are on the books there once the sync says that it copied them.
    ///
    /// - Parameter request: what is copied; all, unless something else is given.
    /// - Returns: what came of it; `nil` where it failed.
    @discardableResult
    func sync(to other: SimulatedProcess, _ request: SyncRequest = SyncRequest()) -> SyncReport? {
        var report: SyncReport?
        perform("sync to \(other.place.name)", with: other) { () throws(VarveError) in
            do throws(VarveError) {
                report = try SyncRun(
                    from: repository, to: other.repository, request, width: 2, cancellation: Cancellation()
                ).run()
            } catch  where error.kind == .notFound && !request.names.isEmpty {
                note("nothing has that name: \(error.problem)")
            }
        }
        if let report { takeIn(report, other) }
        return report
    }

    private func takeIn(_ report: SyncReport, _ other: SimulatedProcess) {
        for copy in report.copies {
            other.place.ledger.acknowledge(copy.copy.id, tag: copy.original.backupTag)
            note("acknowledged snapshot \(copy.copy.id.shortHex) for \(copy.original.id.shortHex)")
        }
        if !report.copies.isEmpty { world.count("a sync that copies snapshots") }
        if report.figures.packs > 0 { world.count("a sync that copies packs as they are") }
        if report.figures.newPacks > 0 { world.count("a sync that copies segments") }
        for failed in report.failed {
            note("snapshot \(failed.snapshot.id.shortHex) is not copied: \(failed.error.problem)")
            let isExplained =
                !isUndisturbed || !other.isUndisturbed || place.hasBeenDamaged || other.place.hasBeenDamaged
                || !place.ledger.promises(failed.snapshot.backupTag)
            if !isExplained { world.violate("a snapshot is not copied, without reason: \(failed.error)") }
        }
    }

    /// Copies all, some, or those that a policy keeps.
    func syncSomehow(to other: SimulatedProcess) {
        var request = SyncRequest()
        switch world.random.next() % 6 {
        case 0: request.names = ["latest"]
        case 1:
            var policy = RetentionPolicy()
            policy.last = .newest(Int.random(in: 1...2, using: &world.random))
            request.policy = policy
            request.zone = .utc
        default: break
        }
        request.verifies = world.random.next() % 3 == 0
        sync(to: other, request)
    }
}
