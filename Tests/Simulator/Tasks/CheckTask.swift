import Maintenance
import Primitives
import Repositories
import Threads

extension SimulatedProcess {
    /// Checks the repository: nothing is damaged, whatever others do meanwhile, unless the storage does it.
    func check() {
        perform("check") { () throws(VarveError) in
            let report = try repository.whilePresent(as: "check") { () throws(VarveError) in
                try makeReport(readsData: Bool.random(using: &world.random))
            }
            guard isUndisturbed, !place.hasBeenDamaged else { return }
            for problem in report.problems where problem.severity == .damage {
                world.violate("check finds damage where none is: \(problem.object): \(problem.problem)")
            }
        }
    }

    func makeReport(readsData: Bool) throws(VarveError) -> CheckReport {
        try CheckRun(repository, readsData: readsData, width: 2, cancellation: Cancellation()).run()
    }
}
