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
        let place = world.places[0]
        let machines = world.machines
        world.changeFiles()
        if let files = machines[0].files { world.show(files, on: machines[1]) }
        let content = world.drawContent(on: machines[0])
        try world.startProcess(on: machines[0], at: place).backUp(content)
        let threads = [
            world.begin(on: machines[1], at: place, drawPause()) { $0.backUp(content) },
            world.begin(on: machines[2], at: place, .none) { process in
                process.world.scheduler.sleep(Double.random(in: 0..<3, using: &process.world.random))
                process.forgetAll()
                process.prune(PrunePolicy(maxUnused: .percent(0)))
            },
            // One that comes while the prune waits for the first, which it need not do for this one: its snapshot may come after all.
            world.begin(on: machines[0], at: place, drawPause()) { process in
                process.world.scheduler.sleep(Double.random(in: 3..<2500, using: &process.world.random))
                process.backUp(content)
            },
        ]
        let mischief = Mischief.begin(world)
        for thread in threads { thread.join() }
        mischief?.join()
    }

    private func drawPause() -> FaultPlan { .standstill(at: 4...24, random: &world.random) }
}
