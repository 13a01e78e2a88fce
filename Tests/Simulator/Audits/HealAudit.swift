import Maintenance
import Primitives
import Repositories
import Snapshots
import Tiers

/// What must hold once a damaged place was healed from another: what the other has whole is whole here again.
struct HealAudit {
    private let world: SimulatedWorld
    private let place: SimulatedPlace
    private let other: SimulatedPlace

    init(_ world: SimulatedWorld, _ place: SimulatedPlace, _ other: SimulatedPlace) {
        self.world = world
        self.place = place
        self.other = other
    }

    func run() throws(VarveError) {
        place.hasBeenDamaged = true
        place.isDoubtful = true
        let process = try world.startProcess(on: SimulatedMachine(), at: place)
        // What the index says comes first, without setting anything aside that may be a record.
        process.repairIndex(setsRecordsAside: false)
        let healed = process.heal(from: try world.open(other, in: process))
        let index = try process.repository.loadIndex(readsUnindexedPacks: true)
        guard let healed else {
            if index.unreadable.isEmpty { world.violate("a heal does not come to its end, though the index is whole") }
            return
        }
        let flawed = Set(healed.flawed.map(\.snapshot.id))
        let snapshots = try process.repository.loadSnapshots(voidSessions: index.voidSessions)
        let wholeThere = try wholeOrigins()
        let reader = SegmentReader(repository: process.repository, index: index.chunks)
        for snapshot in snapshots {
            let mustBeWhole = wholeThere.contains(snapshot.origin) || !flawed.contains(snapshot.id)
            do throws(VarveError) {
                try process.dump(snapshot, reader)
            } catch {
                process.note("snapshot \(snapshot.id.shortHex) is not whole: \(error.problem)")
                if mustBeWhole { world.violate("a heal leaves snapshot \(snapshot.id.shortHex) damaged: \(error)") }
            }
        }
        if flawed.isEmpty { try clear(process) }
    }

    /// The snapshots that can be read back at the other place, by what they are copies of.
    private func wholeOrigins() throws(VarveError) -> Set<Digest> {
        let process = try world.startProcess(on: SimulatedMachine(), at: other)
        let index = try process.repository.loadIndex(readsUnindexedPacks: true)
        let reader = SegmentReader(repository: process.repository, index: index.chunks)
        var whole: Set<Digest> = []
        for snapshot in try process.repository.loadSnapshots(voidSessions: index.voidSessions) {
            do throws(VarveError) {
                try process.dump(snapshot, reader)
                whole.insert(snapshot.origin)
            } catch {
                process.note("snapshot \(snapshot.id.shortHex) is not whole there: \(error.problem)")
            }
        }
        return whole
    }

    /// Where all snapshots are whole, a prune removes what is damaged, and no check finds anything any more.
    private func clear(_ process: SimulatedProcess) throws(VarveError) {
        guard process.prune(PrunePolicy(maxUnused: .percent(0))) else { return }
        process.perform("check after the heal") { () throws(VarveError) in
            for problem in try process.makeReport(readsData: true).problems where problem.severity == .damage {
                world.violate("damage is left after a heal: \(problem.object): \(problem.problem)")
            }
        }
    }
}
