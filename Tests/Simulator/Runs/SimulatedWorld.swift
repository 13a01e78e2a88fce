import Backends
import Chunking
import FileIO
import Hashing
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
    let conditions: RunConditions
    let machines: [SimulatedMachine]
    let contents: StreamContents
    let configuration: RepositoryConfiguration
    private let rootKey: SecretBytes
    let scratch: BytePath
    var random: SeededRandom
    var ledger = Ledger()
    private(set) var trace = Trace()
    /// What is wrong.
    private(set) var violations: [String] = []
    /// What went wrong, how often; not all of it is wrong.
    private(set) var faults: [String: Int] = [:]
    /// Whether storage and machines are at rest: nothing more goes wrong than what did already.
    private(set) var isAtRest = false
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
        rootKey = SecretBytes(random: source, count: 32)
        machines = (0..<3).map { SimulatedMachine(number: $0, scratch: scratch, random: &random) }
        conditions = RunConditions(random: &random)
        hasBeenDamaged = conditions.isStorageBad
        storage.delay = breach == .lagsBehind ? 30 : conditions.visibilityDelay
        self.random = random
        if isEncrypted { putFirstKeyring(source) }
    }

    private func putFirstKeyring(_ source: SimulatedRandom) {
        do throws(VarveError) {
            let bytes = try Keyring(created: 0, random: source).sealed(
                rootKey: rootKey, repository: configuration.repository, session: Identifier(from: source),
                suite: .preferred, random: source)
            storage.apply(.put(ObjectName(.keys, SHA256Hasher.digest(of: bytes)), bytes), at: -1_000_000)
        } catch {
            violate("the first keyring cannot be made: \(error)")
        }
    }

    /// The keys as a process finds them that opens the repository now.
    ///
    /// - Throws: kind `damaged`.
    private func openKeys() throws(VarveError) -> RepositoryKeys {
        guard configuration.isEncrypted else { return .none(repository: configuration.repository) }
        var keyrings: [Keyring] = []
        for name in storage.names(in: .keys) {
            guard let bytes = storage.objects[name] else { continue }
            keyrings.append(
                try Keyring(
                    opening: bytes, rootKey: rootKey, repository: configuration.repository, object: "\(name)"))
        }
        var keys = RepositoryKeys(
            repository: configuration.repository, rootKey: rootKey, keyring: try Keyring.union(of: keyrings))
        keys.observer = storage.seals
        return keys
    }

    /// Ends all that goes wrong with storage and machines; what was damaged and not yet removed is as it was.
    func rest() {
        isAtRest = true
        storage.capacity = .max
        storage.delay = 0
        storage.mend()
    }

    /// Whether the storage may refuse to delete an object.
    func retains(_ name: ObjectName) -> Bool {
        guard !isAtRest, conditions.retention > 0, name.folder != .locks || conditions.retainsLocks,
            let age = storage.age(of: name, at: scheduler.now)
        else { return false }
        return age < conditions.retention
    }

    /// Whether the storage damages objects, or did.
    var hasBeenDamaged = false
    /// Whether records say that something is damaged.
    var isDoubtful = false

    func count(_ fault: String) { faults[fault, default: 0] += 1 }

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
        return try SimulatedProcess(in: self, number: processCount, on: machine, try openKeys(), plan)
    }

    /// Does a change at some later time, as a network may.
    func deliverLate(_ change: SimulatedStorage.Change) {
        let seconds = Double.random(in: 0..<4000, using: &random)
        lateDeliveries.append(
            WorkerThread(name: "late") { [self] in
                scheduler.process = 0
                scheduler.sleep(seconds)
                note("late: \(change.text)", change.name)
                storage.apply(change, at: scheduler.now)
            })
    }

    /// Waits until nothing is under way any more.
    func finishDeliveries() {
        while let thread = lateDeliveries.popLast() { thread.join() }
    }
}
