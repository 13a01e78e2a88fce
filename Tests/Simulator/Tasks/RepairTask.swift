import Maintenance
import Primitives
import Repositories
import Snapshots
import Threads

extension SimulatedProcess {
    /// Repairs something while others are at work. Where nothing is damaged, a repair finds nothing to do.
    func repairSomething() {
        if Bool.random(using: &world.random) { repairIndex(setsRecordsAside: false) } else { repairPacks() }
    }

    @discardableResult
    func repairIndex(setsRecordsAside: Bool) -> Bool {
        perform("repair of the index") { () throws(VarveError) in
            let report = try IndexRepair(
                repository, setsRecordsAside: setsRecordsAside, width: 2, cancellation: Cancellation()
            ).run(isDryRun: false)
            note("named \(report.namedPacks.count) packs, replaced \(report.replacedObjects.count) objects")
            for error in report.objectsSetAside { violateUnlessDamaged("the repair sets an object aside: \(error)") }
        }
    }

    @discardableResult
    func repairPacks() -> Bool {
        perform("repair of packs") { () throws(VarveError) in
            let packs = try PackSalvage(repository, width: 2, cancellation: Cancellation()).run()
            note("salvaged \(packs.count) packs")
            for pack in packs where pack.lostChunks > 0 {
                violateUnlessDamaged("the repair finds chunks lost in pack \(pack.id.shortHex)")
            }
        }
    }

    /// Replaces what has lost something; nothing of the snapshots at hand is promised afterwards but that no byte is wrong.
    @discardableResult
    func repairSnapshots() -> Bool {
        perform("repair of snapshots") { () throws(VarveError) in
            let report = try SnapshotRepair(
                repository, program: "simulator", width: 2, cancellation: Cancellation()
            ).run(isDryRun: false, forgetsUnreadable: true)
            note("repaired \(report.repaired.count) snapshots, \(report.soundSnapshots) are sound")
        }
    }

    private func violateUnlessDamaged(_ text: String) {
        if place.hasBeenDamaged { note(text) } else { world.violate(text) }
    }
}
