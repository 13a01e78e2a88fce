import Primitives
import Repositories
import Snapshots
import Threads

extension SimulatedProcess {
    /// Gives a snapshot one tag more.
    func tag() {
        perform("tag") { () throws(VarveError) in
            let snapshots = try repository.loadSnapshots(voidSessions: try repository.loadIndex().voidSessions)
            guard let old = snapshots.randomElement(using: &world.random) else { return }
            place.ledger.replace(old)
            let change = TagChange.edit(add: ["tag\(number)"], remove: [])
            do throws(VarveError) {
                let result = try TagRun(repository, change, width: 2, cancellation: Cancellation()).run(old)
                if let new = result?.snapshot { note("snapshot \(new.id.shortHex) for \(old.id.shortHex)") }
            } catch  where error.kind == .notFound {
                note("the snapshot went meanwhile: \(error.problem)")
            }
        }
    }
}
