import Maintenance
import Primitives
import SeededData
import Threads

/// A sync stands still, at whichever of the two places, while others forget and prune there what it builds on or reads.
struct SyncScene {
    private let world: SimulatedWorld

    init(_ world: SimulatedWorld) { self.world = world }

    func play() throws(VarveError) {
        let (source, destination) = (world.places[0], world.places[1])
        let machines = world.machines
        var content = BackupContent()
        for _ in 0..<Int.random(in: 2...3, using: &world.random) {
            world.changeFiles()
            content = world.drawContent(on: machines[0])
            try world.startProcess(on: machines[0], at: source).backUp(content)
        }
        // What the destination has of its own is not copied: the sync relies on it, as long as it stays.
        try world.startProcess(on: machines[0], at: destination).backUp(content)
        var threads = [syncing(from: source, to: destination)]
        threads.append(removing(on: machines[2], at: destination))
        if Bool.random(using: &world.random) { threads.append(removing(on: machines[0], at: source)) }
        let mischief = Mischief.begin(world)
        for thread in threads { thread.join() }
        mischief?.join()
    }

    private func syncing(from source: SimulatedPlace, to destination: SimulatedPlace) -> WorkerThread {
        let isAtSource = world.random.next() % 4 == 0
        let pause = FaultPlan.standstill(at: isAtSource ? 4...40 : 4...60, random: &world.random)
        return world.begin(on: world.machines[1], at: source, isAtSource ? pause : .none) {
            process throws(VarveError) in
            process.sync(to: try process.world.open(destination, in: process, isAtSource ? .none : pause))
        }
    }

    /// Forgets and prunes, sooner or later.
    private func removing(on machine: SimulatedMachine, at place: SimulatedPlace) -> WorkerThread {
        let limit = Bool.random(using: &world.random) ? 3.0 : 60
        return world.begin(on: machine, at: place, .none) { process throws(VarveError) in
            process.world.scheduler.sleep(Double.random(in: 0..<limit, using: &process.world.random))
            process.forgetAll()
            process.prune(PrunePolicy(maxUnused: .percent(0)))
        }
    }
}
