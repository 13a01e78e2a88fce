import Primitives
import Repositories
import Threads
import Tiers

extension SimulatedProcess {
    /// Fetches what is damaged or missing here from another place.
    ///
    /// - Returns: what came of it; `nil` where it failed.
    @discardableResult
    func heal(from other: SimulatedProcess) -> HealReport? {
        var report: HealReport?
        perform("heal from \(other.place.name)", with: other) { () throws(VarveError) in
            let found = try HealRun(repository, from: other.repository, width: 2, cancellation: Cancellation())
                .run(isDryRun: false)
            note("needed \(found.neededChunks) chunks, \(found.lostChunks) are lost, \(found.flawed.count) flawed")
            if found.neededChunks > found.lostChunks { world.count("a heal that fetches chunks") }
            if !found.setAside.isEmpty { world.count("a heal that sets packs aside") }
            report = found
        }
        return report
    }
}
