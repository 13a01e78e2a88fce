import Backends
import FileIO
import Primitives
import Repositories
import Sealing
import Snapshots
import Threads

/// A process of a run: varve on some machine, with its own handle on the storage.
final class SimulatedProcess: Sendable {
    let world: SimulatedWorld
    let handle: StorageHandle
    let repository: Repository
    let machine: SimulatedMachine
    /// Whether nothing happens to it that it could tell from a good day.
    let isUndisturbed: Bool

    /// - Throws: kind `local` where the machine's disk fails.
    init(
        in world: SimulatedWorld, number: Int, on machine: SimulatedMachine, _ keys: RepositoryKeys, _ plan: FaultPlan
    ) throws(VarveError) {
        self.world = world
        self.machine = machine
        isUndisturbed = plan.isHarmless
        handle = StorageHandle(world, process: number, plan: plan, breach: world.breach)
        var environment = RepositoryEnvironment(
            clock: SimulatedClock(scheduler: world.scheduler, machine: machine),
            random: SimulatedRandom(seed: world.breach == .repeatsRandomness ? 1 : world.random.next()),
            cacheRoot: machine.cacheRoot, temporaryRoot: world.scratch, host: machine.host, user: "user",
            warn: { text in world.note("warns: \(text)", process: number) })
        environment.processID = number
        environment.lockFile = { file throws(SystemError) in
            while !(try file.tryLockExclusively()) { world.scheduler.sleep(0.01) }
        }
        repository = try Repository(
            backend: handle, configuration: world.configuration, keys: keys, environment: environment)
    }

    func note(_ text: String) { world.note(text, process: handle.process) }

    /// Whether something went wrong that the error may tell of.
    func mayFail(with error: VarveError) -> Bool {
        if !isUndisturbed || error.kind == .busy { return true }
        if world.isAtRest { return world.isDoubtful && error.kind == .damaged }
        return world.storage.capacity < .max || world.conditions.retention > 0 || world.conditions.isStorageBad
    }

    /// Does a piece of work; whatever fails without reason is wrong.
    ///
    /// - Returns: whether it came to a good end.
    @discardableResult
    func perform(_ name: String, _ work: () throws(VarveError) -> Void) -> Bool {
        note("\(name) on \(machine.host)")
        do throws(VarveError) {
            try work()
            note("\(name) is done")
            return true
        } catch {
            note("\(name) fails: \(error.problem)")
            if !mayFail(with: error) { world.violate("\(name) fails without reason: \(error)") }
            return false
        }
    }
}
