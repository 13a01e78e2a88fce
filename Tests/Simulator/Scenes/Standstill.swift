import Primitives
import SeededData
import Threads

extension FaultPlan {
    /// One pause alone, every other time so long that others take the process for dead.
    ///
    /// - Parameter operations: it falls on one of these.
    static func standstill(at operations: ClosedRange<Int>, random: inout SeededRandom) -> FaultPlan {
        let range = random.next() % 2 == 0 ? 2000.0...20_000 : 10.0...600
        let seconds = Double.random(in: range, using: &random)
        return FaultPlan(pausingAt: Int.random(in: operations, using: &random), seconds: seconds)
    }
}

extension SimulatedWorld {
    /// Begins a process that does a piece of work, on a thread of its own.
    func begin(
        on machine: SimulatedMachine, at place: SimulatedPlace, _ plan: FaultPlan,
        _ work: @escaping @Sendable (SimulatedProcess) throws(VarveError) -> Void
    ) -> WorkerThread {
        WorkerThread(name: "scene on \(machine.host)") { [self] in
            do throws(VarveError) {
                try work(try startProcess(on: machine, at: place, plan))
            } catch {
                violate("a process cannot begin: \(error)")
            }
        }
    }
}
