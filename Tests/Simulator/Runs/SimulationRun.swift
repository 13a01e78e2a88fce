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
            for violation in [world.storage.seals.reusedHeader, world.storage.seals.reusedNonce] {
                if let violation { world.violate(violation) }
            }
        }
        return Outcome(
            violations: world.violations, trace: world.trace, turns: scheduler.turns, seconds: scheduler.now,
            faults: world.faults, sealed: world.storage.seals.count,
            isNonceReused: world.storage.seals.reusedNonce != nil)
    }

    /// Some rounds of work, several processes at once, with all that can go wrong.
    private func play() throws(VarveError) {
        if world.random.next() % 16 == 0 {
            world.storage.capacity = Int.random(in: 50_000..<400_000, using: &world.random)
        }
        if world.random.next() % 8 == 0 || world.breach?.isAboutSessions == true {
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
        let count = Int.random(in: 1...3, using: &world.random)
        let machines =
            world.conditions.sharesMachines
            ? (0..<count).map { _ in world.machines[Int(world.random.next() % 2)] }
            : Array(world.machines.shuffled(using: &world.random).prefix(count))
        let threads = machines.map { machine in
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
        let mischief = Mischief.begin(world)
        for thread in threads { thread.join() }
        mischief?.join()
    }

    /// What a process does.
    private enum Task {
        case backup, dump, restore, check, forget, prune, tag, repair, rotateKey

        /// About how many operations it takes.
        var length: Int {
            switch self {
            case .backup: 50
            case .prune: 150
            case .dump, .restore, .check, .forget, .tag, .repair: 30
            case .rotateKey: 5
            }
        }

        static func draw(random: inout SeededRandom) -> Task {
            switch random.next() % 32 {
            case 0..<2: .dump
            case 2..<3: .restore
            case 3..<5: .check
            case 5..<7: .forget
            case 7..<9: .tag
            case 9..<11: .repair
            case 11: .rotateKey
            case 12..<20: .prune
            default: .backup
            }
        }

        func run(_ process: SimulatedProcess, _ streams: [String: [UInt8]]) {
            switch self {
            case .backup: process.backUp(streams)
            case .dump: process.dumpSome()
            case .restore: process.restoreSome()
            case .check: process.check()
            case .forget: process.forget()
            case .prune: process.pruneSomehow()
            case .tag: process.tag()
            case .repair: process.repairSomething()
            case .rotateKey: process.rotateKey()
            }
        }
    }
}
