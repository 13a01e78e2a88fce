import Maintenance
import Primitives
import SeededData
import Threads

/// A backup stands still between what it reads and what it puts, while others forget and prune what it builds on.
///
/// It is the one thing that every rule about sessions is for. Where processes do what they like, it comes about too seldom.
struct RevocationScene {
    private let world: SimulatedWorld

    init(_ world: SimulatedWorld) { self.world = world }

    func play() throws(VarveError) {
        let streams = world.contents.draw(random: &world.random)
        try world.startProcess(on: world.machines[0]).backUp(streams)
        let threads = [
            start(on: world.machines[1], drawPause()) { $0.backUp(streams) },
            start(on: world.machines[2], .none) { process in
                process.world.scheduler.sleep(Double.random(in: 0..<3, using: &process.world.random))
                process.forgetAll()
                process.prune(PrunePolicy(maxUnused: .percent(0)))
            },
            // One that comes while the prune waits for the first, which it need not do for this one: its snapshot may come after all.
            start(on: world.machines[0], drawPause()) { process in
                process.world.scheduler.sleep(Double.random(in: 3..<2500, using: &process.world.random))
                process.backUp(streams)
            },
        ]
        let mischief = Mischief.begin(world)
        for thread in threads { thread.join() }
        mischief?.join()
    }

    /// Long enough to be taken for dead, every other time.
    private func drawPause() -> FaultPlan {
        let range = world.random.next() % 2 == 0 ? 2000.0...20_000 : 10.0...600
        let seconds = Double.random(in: range, using: &world.random)
        return FaultPlan(pausingAt: Int.random(in: 4...24, using: &world.random), seconds: seconds)
    }

    private func start(
        on machine: SimulatedMachine, _ plan: FaultPlan, _ work: @escaping @Sendable (SimulatedProcess) -> Void
    ) -> WorkerThread {
        WorkerThread(name: "scene on \(machine.host)") { [world] in
            do throws(VarveError) {
                work(try world.startProcess(on: machine, plan))
            } catch {
                world.violate("a process cannot begin: \(error)")
            }
        }
    }
}
