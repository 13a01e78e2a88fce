import Primitives
import Repositories
import Snapshots
import Tiers

/// What must hold once the faults are over and there are two places: a sync copies all that is missing, and the next finds nothing to do.
struct SyncAudit {
    private let world: SimulatedWorld

    init(_ world: SimulatedWorld) { self.world = world }

    func run() throws(VarveError) {
        guard world.places.count > 1 else { return }
        let places = world.places.shuffled(using: &world.random)
        try bringUp(places[1], to: places[0])
        if Bool.random(using: &world.random) { try bringUp(places[0], to: places[1]) }
    }

    /// Brings a place up to what another has.
    private func bringUp(_ place: SimulatedPlace, to source: SimulatedPlace) throws(VarveError) {
        guard let report = try sync(source, place), !report.selection.copied.isEmpty || report.failed.isEmpty else {
            return world.violate("a sync without faults does not copy all")
        }
        for failed in report.failed { world.violate("a sync without faults leaves a snapshot out: \(failed.error)") }
        let (there, here) = (try origins(at: source), try origins(at: place))
        for origin in there.standing.subtracting(here.standing).subtracting(here.forgotten).sorted() {
            world.violate("after a sync, \(place.name) has no copy of snapshot \(origin.shortHex)")
        }
        if let second = try sync(source, place), !second.copies.isEmpty || second.figures.packs > 0 {
            world.violate("a second sync finds something to copy")
        }
    }

    private func sync(_ source: SimulatedPlace, _ place: SimulatedPlace) throws(VarveError) -> SyncReport? {
        let machine = world.machines.randomElement(using: &world.random) ?? SimulatedMachine()
        let process = try world.startProcess(on: machine, at: source)
        return process.sync(to: try world.open(place, in: process))
    }

    /// The first snapshots that those of a place are copies of, and those whose copies it does not want.
    private func origins(
        at place: SimulatedPlace
    ) throws(VarveError) -> (standing: Set<Digest>, forgotten: Set<Digest>) {
        let repository = try world.startProcess(on: SimulatedMachine(), at: place).repository
        let index = try repository.loadIndex()
        let snapshots = try repository.loadSnapshots(voidSessions: index.voidSessions)
        return (Set(snapshots.map(\.origin)), Set(index.forgotten.compactMap(\.original)))
    }
}
