import Backends
import Maintenance
import Primitives
import Repositories
import Snapshots
import Threads

/// What must hold once the faults are over.
struct FinalAudit {
    private let world: SimulatedWorld

    init(_ world: SimulatedWorld) { self.world = world }

    func run() throws(VarveError) {
        world.note("the faults are over")
        for place in world.places { try examine(place) }
        for machine in world.machines.prefix(Int.random(in: 1...2, using: &world.random)) {
            let content = world.drawContent(on: machine)
            try world.startProcess(on: machine, at: world.drawPlace()).backUp(content)
        }
        if let machine = world.machines.randomElement(using: &world.random) {
            try world.startProcess(on: machine, at: world.drawPlace()).forget()
        }
        try SyncAudit(world).run()
        for place in world.places {
            try pruneAll(place)
            try examine(place)
        }
        if Bool.random(using: &world.random) { try DamageAudit(world, world.drawPlace()).run() }
    }

    /// Three prunes leave nothing that is not needed: a base of what one copies plainly is dead for the next.
    private func pruneAll(_ place: SimulatedPlace) throws(VarveError) {
        for machine in [world.machines[0], SimulatedMachine(), SimulatedMachine()] {
            let process = try world.startProcess(on: machine, at: place)
            guard process.prune(PrunePolicy(maxUnused: .percent(0))) else { return }
        }
        if !place.isDoubtful { try LeftoverAudit(try newcomer(place)).run() }
    }

    /// A process on a machine that has seen nothing yet.
    private func newcomer(_ place: SimulatedPlace) throws(VarveError) -> SimulatedProcess {
        try world.startProcess(on: SimulatedMachine(), at: place)
    }

    /// Everything that was promised is there, and nothing is damaged.
    private func examine(_ place: SimulatedPlace) throws(VarveError) {
        let process = try newcomer(place)
        let index = try process.repository.loadIndex(readsUnindexedPacks: false)
        // What a check has found damaged meanwhile counts as absent, though it is as it was.
        if !index.damaged.isEmpty, place.hasBeenDamaged { place.isDoubtful = true }
        for error in index.unreadable { world.violate("the index cannot be read whole: \(error)") }
        for pack in index.chunks.packs where index.listing[pack.id] != pack.size && !index.condemned.contains(pack.id) {
            world.violate("the index names pack \(pack.id.shortHex), which is not there")
        }
        try examineSnapshots(process, voidSessions: index.voidSessions)
        process.perform("check with all data") { () throws(VarveError) in
            for problem in try process.makeReport(readsData: true).problems
            where problem.severity == .damage && !place.isDoubtful {
                world.violate("check finds damage where none is: \(problem.object): \(problem.problem)")
            }
        }
    }

    /// Every snapshot that counts can be read back, acknowledged or not.
    private func examineSnapshots(_ process: SimulatedProcess, voidSessions: Set<Identifier>) throws(VarveError) {
        let snapshots = try process.repository.loadSnapshots(voidSessions: voidSessions) {
            world.violate("a snapshot cannot be read: \($0)")
        }
        let reader = SegmentReader(
            repository: process.repository, index: try process.repository.loadIndex(readsUnindexedPacks: true).chunks)
        for promise in process.place.ledger.missing(among: snapshots) {
            world.violate("the acknowledged snapshot of \(promise.tag) is not in \(process.place.name)")
        }
        for snapshot in snapshots {
            do throws(VarveError) {
                try process.dump(snapshot, reader)
            } catch {
                world.violate("snapshot \(snapshot.id.shortHex) cannot be read back: \(error)")
            }
        }
    }
}
