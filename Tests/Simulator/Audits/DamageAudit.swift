import Backends
import Maintenance
import Primitives
import Repositories
import Snapshots

/// What must hold once the storage of a place has damaged objects: nobody is given a wrong byte, and a check finds each damaged object.
struct DamageAudit {
    private let world: SimulatedWorld
    private let place: SimulatedPlace

    init(_ world: SimulatedWorld, _ place: SimulatedPlace) {
        self.world = world
        self.place = place
    }

    func run() throws(VarveError) {
        if Bool.random(using: &world.random) { replay() }
        let damage = StorageDamage.allCases.randomElement(using: &world.random) ?? .loss
        let inflicted = (0..<Int.random(in: 1...3, using: &world.random)).compactMap { _ in inflict(damage) }
        // An object that got what another had got of it is whole again.
        let originals = Dictionary(inflicted) { first, _ in first }
        let objects = originals.filter { place.storage.objects[$0.key] != $0.value }.map(\.key)
            .sorted { $0.description < $1.description }
        try check(damage, objects)
        let arePromisesAtRisk = !objects.isEmpty
        for promise in place.ledger.promised {
            try dump(promise.id, arePromisesAtRisk || place.ledger.mayBeReplaced(promise))
        }
        if let other = world.place(besides: place), Bool.random(using: &world.random) {
            try HealAudit(world, place, other).run()
        } else if Bool.random(using: &world.random) {
            try repair(damage)
        } else if damage.isVisible, objects.allSatisfy({ $0.folder == .data }) {
            try storeAgain()
        }
    }

    private func startProcess() throws(VarveError) -> SimulatedProcess {
        try world.startProcess(on: SimulatedMachine(), at: place)
    }

    /// After all repairs nothing is damaged any more, and what is lost is marked as lost.
    private func repair(_ damage: StorageDamage) throws(VarveError) {
        place.hasBeenDamaged = true
        // Where all packs or all snapshots are gone, nothing is done: the storage may not be what it should be.
        if damage == .loss || place.storage.list(.data).isEmpty { place.isDoubtful = true }
        let process = try startProcess()
        var isRepaired = process.repairIndex(setsRecordsAside: true)
        process.perform("check before the repair") { () throws(VarveError) in
            _ = try process.makeReport(readsData: true)
        }
        isRepaired = process.repairPacks() && isRepaired
        isRepaired = process.repairSnapshots() && isRepaired
        process.prune(PrunePolicy(maxUnused: .percent(0)))
        process.perform("check after the repair") { () throws(VarveError) in
            for problem in try process.makeReport(readsData: true).problems
            where problem.severity == .damage && isRepaired {
                world.violate("damage is left after all repairs: \(problem.object): \(problem.problem)")
            }
        }
        for promise in place.ledger.promised { try dump(promise.id, true) }
    }

    /// Brings back objects that were deleted.
    private func replay() {
        for (name, bytes) in place.storage.deleted.shuffled(using: &world.random).prefix(3)
        where place.storage.objects[name] == nil {
            world.note("comes back", name)
            place.storage.replace(name, with: bytes)
        }
    }

    /// Damages an object; gives its name and what it was before.
    private func inflict(_ damage: StorageDamage) -> (ObjectName, [UInt8])? {
        let folder = [StorageFolder.data, .data, .index, .snapshots].randomElement(using: &world.random) ?? .data
        let names = place.storage.names(in: folder).shuffled(using: &world.random)
        guard let name = names.first, let bytes = place.storage.objects[name], !bytes.isEmpty else { return nil }
        let other = names.dropFirst().first.flatMap { place.storage.objects[$0] }
        guard let changed = damage.applied(to: bytes, other: other, random: &world.random) else { return nil }
        world.note("damaged by \(damage.rawValue) at \(place.name)", name)
        world.count("\(damage.rawValue), in the end")
        place.storage.damage(name, changed)
        return (name, bytes)
    }

    /// A check names each damaged object. What is gone it can miss only where nothing else names it.
    private func check(_ damage: StorageDamage, _ objects: [ObjectName]) throws(VarveError) {
        let named = try namedPacks()
        let process = try startProcess()
        process.perform("check of what is damaged") { () throws(VarveError) in
            let report = try process.makeReport(readsData: true)
            for name in objects where damage != .loss || (name.folder == .data && named.contains(name.id)) {
                let isFound = report.problems.contains { problem in
                    problem.object.contains(name.id.hex) || problem.problem.contains(name.id.hex)
                }
                if !isFound { world.violate("check does not find \(damage.rawValue) of \(name)") }
            }
        }
    }

    /// Packs that must be there by what the index says.
    private func namedPacks() throws(VarveError) -> Set<Digest> {
        let index = try startProcess().repository.loadIndex()
        return Set(index.chunks.packs.map(\.id)).subtracting(index.condemned)
    }

    private func dump(_ id: Digest, _ isAtRisk: Bool) throws(VarveError) {
        let process = try startProcess()
        do throws(VarveError) {
            try process.dump(try process.repository.readSnapshot(id))
        } catch {
            process.note("snapshot \(id.shortHex) cannot be read back: \(error.problem)")
            let isExplained = error.kind == .damaged || error.kind == .notFound
            if !isAtRisk || !isExplained {
                world.violate("snapshot \(id.shortHex) cannot be read back, and the error does not say why: \(error)")
            }
        }
    }

    /// A backup of the same content stores again what is missing.
    private func storeAgain() throws(VarveError) {
        guard let promised = place.ledger.promised.randomElement(using: &world.random),
            let content = world.backups[promised.tag],
            let machine = world.machines.randomElement(using: &world.random)
        else { return }
        if let files = content.files { world.show(files, on: machine) }
        guard try world.startProcess(on: machine, at: place).backUp(content),
            let stored = place.ledger.acknowledged.last
        else { return }
        try dump(stored.id, false)
    }
}
