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
            if let violation = world.storage.violation { world.violate(violation) }
        }
        return Outcome(
            violations: world.violations, trace: world.trace, turns: scheduler.turns, seconds: scheduler.now)
    }

    /// Some rounds of work, several processes at once, with all that can go wrong.
    private func play() throws(VarveError) {
        if world.random.next() % 16 == 0 {
            world.storage.capacity = Int.random(in: 50_000..<400_000, using: &world.random)
        }
        for _ in 0..<Int.random(in: 1...4, using: &world.random) {
            let machines = world.machines.shuffled(using: &world.random)
            let count = Int.random(in: 1...3, using: &world.random)
            let threads = machines.prefix(count).map { machine in
                let task = Task.draw(random: &world.random)
                let plan = FaultPlan(length: task.length, random: &world.random)
                let streams = world.contents.draw(random: &world.random)
                return WorkerThread(name: "\(task) on \(machine.host)") { [self] in
                    do throws(VarveError) {
                        let process = try world.startProcess(on: machine, plan)
                        task.run(process, streams)
                    } catch {
                        world.violate("a process cannot begin: \(error)")
                    }
                }
            }
            for thread in threads { thread.join() }
        }
        world.storage.capacity = .max
        world.finishDeliveries()
    }

    /// What a process does.
    private enum Task {
        case backup, dump, check, forget, prune

        /// About how many operations it takes.
        var length: Int {
            switch self {
            case .backup: 50
            case .prune: 150
            case .dump, .check, .forget: 30
            }
        }

        static func draw(random: inout SeededRandom) -> Task {
            switch random.next() % 12 {
            case 0: .dump
            case 1: .check
            case 2: .forget
            case 3..<7: .prune
            default: .backup
            }
        }

        func run(_ process: SimulatedProcess, _ streams: [String: [UInt8]]) {
            switch self {
            case .backup: process.backUp(streams)
            case .dump: process.dumpSome()
            case .check: process.check()
            case .forget: process.forget()
            case .prune: process.pruneSomehow()
            }
        }
    }
}
