import Backends
import Chunking
import FileIO
import Primitives
import Repositories
import Sealing
import SeededData
import Threads

/// All that a run knows: the storage, the time, the processes, and what was promised to whom.
final class SimulatedWorld: @unchecked Sendable {
    // Unchecked: one thread runs at a time.
    let scheduler: TurnTaking
    let storage = SimulatedStorage()
    let breach: Breach?
    let machines: [SimulatedMachine]
    let contents: StreamContents
    let configuration: RepositoryConfiguration
    let keys: RepositoryKeys
    let scratch: BytePath
    var random: SeededRandom
    var ledger = Ledger()
    private(set) var trace = Trace()
    /// What is wrong.
    private(set) var violations: [String] = []
    private var processCount = 0
    private var lateDeliveries: [WorkerThread] = []

    init(seed: UInt64, scheduler: TurnTaking, scratch: BytePath, breach: Breach?) {
        self.scheduler = scheduler
        self.scratch = scratch
        self.breach = breach
        var random = SeededRandom(seed: seed)
        contents = StreamContents(random: &random)
        let source = SimulatedRandom(seed: random.next())
        let isEncrypted = random.next() % 8 != 0
        configuration = RepositoryConfiguration(
            repository: Identifier(from: source), location: Identifier(from: source), isEncrypted: isEncrypted,
            chunker: ChunkerParameters(bits: 13) ?? .standard, packSize: 32 << 10,
            created: Timestamp(seconds: 1_800_000_000, nanoseconds: 0))
        keys =
            isEncrypted
            ? RepositoryKeys(
                repository: configuration.repository, rootKey: SecretBytes(random: source, count: 32),
                keyring: Keyring(created: 0, random: source))
            : .none(repository: configuration.repository)
        machines = (0..<3).map { SimulatedMachine(number: $0, scratch: scratch, random: &random) }
        self.random = random
    }

    func note(_ text: String, _ name: ObjectName? = nil, process: Int = 0) {
        trace.add(text, name, process: process, at: scheduler.now)
    }

    func violate(_ text: String) {
        note("WRONG: \(text)", process: scheduler.process)
        violations.append(text)
    }

    /// Whether a broken promise is broken this time.
    func breaks() -> Bool { random.next() % 4 == 0 }

    /// A process that begins on a machine. The calling thread belongs to it from now on.
    ///
    /// - Throws: kind `local` where the machine's disk fails.
    func startProcess(on machine: SimulatedMachine, _ plan: FaultPlan = .none) throws(VarveError) -> SimulatedProcess {
        processCount += 1
        scheduler.process = processCount
        return try SimulatedProcess(in: self, number: processCount, on: machine, plan)
    }

    /// Does a change at some later time, as a network may.
    func deliverLate(_ change: SimulatedStorage.Change) {
        let seconds = Double.random(in: 0..<4000, using: &random)
        lateDeliveries.append(
            WorkerThread(name: "late") { [self] in
                scheduler.process = 0
                scheduler.sleep(seconds)
                note("late: \(change.text)", change.name)
                storage.apply(change)
            })
    }

    /// Waits until nothing is under way any more.
    func finishDeliveries() {
        while let thread = lateDeliveries.popLast() { thread.join() }
    }
}
