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
        try examine()
        for machine in world.machines.prefix(Int.random(in: 1...2, using: &world.random)) {
            try world.startProcess(on: machine).backUp(world.contents.draw(random: &world.random))
        }
        if let machine = world.machines.randomElement(using: &world.random) {
            try world.startProcess(on: machine).forget()
        }
        try pruneAll()
        try examine()
        if Bool.random(using: &world.random) { try DamageAudit(world).run() }
    }

    /// Three prunes leave nothing that is not needed: a base of what one copies plainly is dead for the next.
    private func pruneAll() throws(VarveError) {
        for machine in [world.machines[0], SimulatedMachine(), SimulatedMachine()] {
            guard try world.startProcess(on: machine).prune(PrunePolicy(maxUnused: .percent(0))) else { return }
        }
        if !world.isDoubtful { try LeftoverAudit(world, try newcomer()).run() }
    }

    /// A process on a machine that has seen nothing yet.
    private func newcomer() throws(VarveError) -> SimulatedProcess {
        try world.startProcess(on: SimulatedMachine())
    }

    /// Everything that was promised is there, and nothing is damaged.
    private func examine() throws(VarveError) {
        let process = try newcomer()
        let index = try process.repository.loadIndex(readsUnindexedPacks: false)
        // What a check has found damaged meanwhile counts as absent, though it is as it was.
        if !index.damaged.isEmpty, world.hasBeenDamaged { world.isDoubtful = true }
        for error in index.unreadable { world.violate("the index cannot be read whole: \(error)") }
        for pack in index.chunks.packs where index.listing[pack.id] != pack.size && !index.condemned.contains(pack.id) {
            world.violate("the index names pack \(pack.id.shortHex), which is not there")
        }
        try examineSnapshots(process, voidSessions: index.voidSessions)
        process.perform("check with all data") { () throws(VarveError) in
            for problem in try process.makeReport(readsData: true).problems
            where problem.severity == .damage && !world.isDoubtful {
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
        for promise in world.ledger.missing(among: snapshots) {
            world.violate("the acknowledged snapshot of \(promise.tag) is not there")
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
