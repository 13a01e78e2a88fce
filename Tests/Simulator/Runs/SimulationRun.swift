import FileIO
import Primitives
import Repositories
import SeededData
import Threads

/// One run: what it does is decided by its seed alone.
///
/// Hashing must be deterministic for that (`SWIFT_DETERMINISTIC_HASHING`), since some orders follow it.
package struct SimulationRun: Sendable {
    package struct Outcome {
        /// What is wrong; empty where all is well.
        package let violations: [String]
        package let trace: Trace
        /// Turns that threads took.
        package let turns: Int
        /// Seconds that passed in the run.
        package let seconds: Double
        /// What went wrong with the storage, processes and machines, and how often.
        package let faults: [String: Int]
        /// How many things were sealed.
        package let sealed: Int
        /// Whether two contents were sealed with one key and one nonce.
        package let isNonceReused: Bool
    }

    private let world: SimulatedWorld
    private let scheduler: TurnTaking

    /// - Parameters:
    ///   - scratch: a folder for caches; each run uses one of its own below it, and removes it.
    ///   - stuck: is called where the run cannot go on; the threads that wait cannot be ended.
    package init(
        seed: UInt64, scratch: BytePath, breach: Breach? = nil, stuck: @escaping (String, Trace) -> Never
    ) {
        let box = WorldBox()
        scheduler = TurnTaking(seed: seed &+ 1 << 32) { text in stuck(text, box.world?.trace ?? Trace()) }
        world = SimulatedWorld(seed: seed, scheduler: scheduler, scratch: scratch, breach: breach)
        box.world = world
    }

    /// Lets the scheduler reach the world, which is made with it.
    private final class WorldBox {
        weak var world: SimulatedWorld?
    }

    package func run() -> Outcome {
        scheduler.run { [self] in
            do throws(VarveError) {
                try play()
                try FinalAudit(world).run()
            } catch {
                world.violate("the run itself fails: \(error)")
            }
            for violation in [world.seals.reusedHeader, world.seals.reusedNonce] {
                if let violation { world.violate(violation) }
            }
        }
        return Outcome(
            violations: world.violations, trace: world.trace, turns: scheduler.turns, seconds: scheduler.now,
            faults: world.faults, sealed: world.seals.count, isNonceReused: world.seals.reusedNonce != nil)
    }

    /// Some rounds of work, several processes at once, with all that can go wrong.
    private func play() throws(VarveError) {
        for place in world.places where world.random.next() % 16 == 0 {
            place.storage.capacity = Int.random(in: 50_000..<400_000, using: &world.random)
        }
        let isScene = world.random.next() % 8 == 0
        if world.breach?.isAboutSyncs == true || (isScene && world.places.count > 1) {
            try SyncScene(world).play()
        } else if isScene || world.breach?.isAboutSessions == true {
            try RevocationScene(world).play()
        } else {
            var caches = CacheTrouble(world)
            for _ in 0..<Int.random(in: 1...4, using: &world.random) {
                playRound()
                caches.strike()
            }
        }
        world.finishDeliveries()
        world.rest()
    }

    /// Several processes at once.
    private func playRound() {
        world.changeFiles()
        let count = Int.random(in: 1...3, using: &world.random)
        let machines =
            world.conditions.sharesMachines
            ? (0..<count).map { _ in world.machines[Int(world.random.next() % 2)] }
            : Array(world.machines.shuffled(using: &world.random).prefix(count))
        let threads = machines.map { machine in
            let task = Task.draw(world)
            let place = world.drawPlace()
            let plan = FaultPlan(length: task.length, random: &world.random)
            let content = world.drawContent(on: machine)
            return WorkerThread(name: "\(task) on \(machine.host)") { [self] in
                do throws(VarveError) {
                    try task.run(try world.startProcess(on: machine, at: place, plan), content)
                } catch {
                    world.violate("a process cannot begin: \(error)")
                }
            }
        }
        let mischief = Mischief.begin(world)
        for thread in threads { thread.join() }
        mischief?.join()
    }
}
