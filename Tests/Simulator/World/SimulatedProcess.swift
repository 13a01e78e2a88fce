import Backends
import FileIO
import Primitives
import Repositories
import Sealing
import Snapshots
import Threads

/// A process of a run: varve on some machine, with its own handle on the storage of a place.
///
/// One that works with two places is two of these, with one life.
final class SimulatedProcess: Sendable {
    let world: SimulatedWorld
    let life: ProcessLife
    let place: SimulatedPlace
    let repository: Repository
    let machine: SimulatedMachine
    /// Whether nothing happens to it here that it could tell from a good day.
    let isUndisturbed: Bool

    /// - Parameter isSecond: whether it is at work with another place already.
    /// - Throws: kind `local` where the machine's disk fails.
    init(
        in world: SimulatedWorld, _ life: ProcessLife, on machine: SimulatedMachine, at place: SimulatedPlace,
        _ keys: RepositoryKeys, _ plan: FaultPlan, isSecond: Bool
    ) throws(VarveError) {
        self.world = world
        self.life = life
        self.machine = machine
        self.place = place
        isUndisturbed = plan.isHarmless
        var environment = RepositoryEnvironment(
            clock: SimulatedClock(scheduler: world.scheduler, machine: machine),
            random: SimulatedRandom(seed: world.breach == .repeatsRandomness ? 1 : world.random.next()),
            cacheRoot: machine.cacheRoot, temporaryRoot: world.scratch, host: machine.host, user: "user",
            warn: { text in world.note("warns: \(text)", process: life.process) })
        environment.processID = life.process
        // A large one, and one that is always full.
        let limits: [PackCacheLimit] = [.off, .bytes(8 << 20), .bytes(96 << 10)]
        environment.packCacheLimit = limits.randomElement(using: &world.random) ?? .off
        environment.lockFile = { file throws(SystemError) in
            while !(try file.tryLockExclusively()) { world.scheduler.sleep(0.01) }
        }
        if let root = machine.fileRoot { environment.fileRoot = root }
        environment.fileStatus = { $0.replayable }
        repository = try Repository(
            backend: StorageHandle(world, place, life, plan, isSecond: isSecond), configuration: place.configuration,
            keys: keys,
            environment: environment)
    }

    var number: Int { life.process }

    func note(_ text: String) { world.note(text, process: number) }

    /// Whether something went wrong here that the error may tell of.
    func mayFail(with error: VarveError) -> Bool {
        if !isUndisturbed || error.kind == .busy { return true }
        return world.isAtRest ? place.isDoubtful && error.kind == .damaged : place.isTrying
    }

    /// Does a piece of work; whatever fails without reason is wrong.
    ///
    /// - Parameter other: the same process at another place, where the work is about both.
    /// - Returns: whether it came to a good end.
    @discardableResult
    func perform(
        _ name: String, with other: SimulatedProcess? = nil, _ work: () throws(VarveError) -> Void
    ) -> Bool {
        note("\(name) on \(machine.host)" + (world.places.count > 1 ? ", \(place.name)" : ""))
        do throws(VarveError) {
            try againWithoutDamagedCache(work)
            note("\(name) is done")
            return true
        } catch {
            note("\(name) fails: \(error.problem)")
            let isExplained = mayFail(with: error) || other?.mayFail(with: error) == true
            if !isExplained { world.violate("\(name) fails without reason: \(error)") }
            return false
        }
    }

    /// Does as an error advises that a damaged cache brought about: by then it has been removed, and the work must succeed.
    func againWithoutDamagedCache(_ work: () throws(VarveError) -> Void) throws(VarveError) {
        do throws(VarveError) {
            try work()
        } catch  where error.kind == .local && error.isRetryable && world.conditions.areCachesBad {
            note("once more: \(error.problem)")
            try work()
        }
    }
}
