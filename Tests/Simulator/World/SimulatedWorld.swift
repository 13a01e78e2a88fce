import Backends
import Chunking
import FileIO
import Hashing
import Primitives
import Repositories
import Sealing
import SeededData
import Threads

/// All that a run knows: the places, the time, the processes, and what was backed up.
final class SimulatedWorld: @unchecked Sendable {
    // Unchecked: one thread runs at a time.
    let scheduler: TurnTaking
    /// Where the repository is: at one place, or at two that have the same keys.
    let places: [SimulatedPlace]
    let seals = SealWatch()
    let breach: Breach?
    let conditions: RunConditions
    let machines: [SimulatedMachine]
    let contents: StreamContents
    private let rootKey: SecretBytes
    let scratch: BytePath
    var random: SeededRandom
    /// What each backup that was begun holds, by the tag that it gives its snapshot.
    private(set) var backups: [String: BackupContent] = [:]
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
        rootKey = SecretBytes(random: source, count: 32)
        machines = (0..<3).map { SimulatedMachine(number: $0, scratch: scratch, random: &random) }
        var conditions = RunConditions(random: &random)
        if breach?.isAboutSyncs == true { conditions.hasSecondPlace = true }
        self.conditions = conditions
        let repository = Identifier(from: source)
        let names = conditions.hasSecondPlace ? ["the first place", "the second place"] : ["the storage"]
        places = names.map { [seals] name in
            let configuration = RepositoryConfiguration(
                repository: repository, location: Identifier(from: source), isEncrypted: isEncrypted,
                chunker: ChunkerParameters(bits: 13) ?? .standard, packSize: 32 << 10,
                created: Timestamp(seconds: 1_800_000_000, nanoseconds: 0))
            return SimulatedPlace(name, configuration, StorageConditions(random: &random), seals: seals)
        }
        self.random = random
        if breach == .lagsBehind { for place in places { place.storage.delay = 30 } }
        if isEncrypted { putFirstKeyring(repository, source) }
    }

    private func putFirstKeyring(_ repository: Identifier, _ source: SimulatedRandom) {
        do throws(VarveError) {
            let bytes = try Keyring(created: 0, random: source).sealed(
                rootKey: rootKey, repository: repository, session: Identifier(from: source), suite: .preferred,
                random: source)
            for place in places {
                place.storage.apply(.put(ObjectName(.keys, SHA256Hasher.digest(of: bytes)), bytes), at: -1_000_000)
            }
        } catch {
            violate("the first keyring cannot be made: \(error)")
        }
    }

    /// One of the places.
    func drawPlace() -> SimulatedPlace { places.randomElement(using: &random) ?? places[0] }

    /// The other of two places.
    func place(besides place: SimulatedPlace) -> SimulatedPlace? { places.first { $0 !== place } }

    /// Ends all that goes wrong with storage and machines.
    func rest() {
        isAtRest = true
        for place in places { place.rest() }
    }

    // MARK: What happens

    /// A tag for one more backup.
    func begin(_ content: BackupContent) -> String {
        let tag = "backup\(backups.count)"
        backups[tag] = content
        return tag
    }

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

    // MARK: Processes

    /// A process that begins on a machine. The calling thread belongs to it from now on.
    ///
    /// - Throws: kind `local` where the machine's disk fails.
    func startProcess(
        on machine: SimulatedMachine, at place: SimulatedPlace, _ plan: FaultPlan = .none
    ) throws(VarveError) -> SimulatedProcess {
        processCount += 1
        scheduler.process = processCount
        return try SimulatedProcess(
            in: self, ProcessLife(processCount), on: machine, at: place, try place.openKeys(rootKey), plan,
            isSecond: false)
    }

    /// The same process at another place, where other things go wrong.
    func open(
        _ place: SimulatedPlace, in process: SimulatedProcess, _ plan: FaultPlan = .none
    ) throws(VarveError) -> SimulatedProcess {
        try SimulatedProcess(
            in: self, process.life, on: process.machine, at: place, try place.openKeys(rootKey), plan, isSecond: true)
    }

    /// Does a change at some later time, as a network may.
    func deliverLate(_ change: SimulatedStorage.Change, to place: SimulatedPlace) {
        let seconds = Double.random(in: 0..<4000, using: &random)
        lateDeliveries.append(
            WorkerThread(name: "late") { [self] in
                scheduler.process = 0
                scheduler.sleep(seconds)
                note("late: \(change.text)", change.name)
                place.storage.apply(change, at: scheduler.now)
            })
    }

    /// Waits until nothing is under way any more.
    func finishDeliveries() {
        while let thread = lateDeliveries.popLast() { thread.join() }
    }
}
