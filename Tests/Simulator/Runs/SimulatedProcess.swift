import Backends
import Primitives
import Repositories
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
        in world: SimulatedWorld, number: Int, on machine: SimulatedMachine, _ plan: FaultPlan
    ) throws(VarveError) {
        self.world = world
        self.machine = machine
        isUndisturbed = plan.isHarmless
        handle = StorageHandle(world, process: number, plan: plan, breach: world.breach)
        var environment = RepositoryEnvironment(
            clock: SimulatedClock(scheduler: world.scheduler, beginning: machine.beginning),
            random: SimulatedRandom(seed: world.breach == .repeatsRandomness ? 1 : world.random.next()),
            cacheRoot: machine.cacheRoot, temporaryRoot: world.scratch, host: machine.host, user: "user",
            warn: { text in world.note("warns: \(text)", process: number) })
        environment.processID = number
        repository = try Repository(
            backend: handle, configuration: world.configuration, keys: world.keys, environment: environment)
    }

    func note(_ text: String) { world.note(text, process: handle.process) }

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
            let hasReason = !isUndisturbed || world.storage.capacity < .max || error.kind == .busy
            if !hasReason { world.violate("\(name) fails without reason: \(error)") }
            return false
        }
    }
}
