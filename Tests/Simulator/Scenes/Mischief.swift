import Backends
import Primitives
import SeededData
import Threads

/// What happens to the storages and the clocks while processes are at work.
struct Mischief {
    private let world: SimulatedWorld

    init(_ world: SimulatedWorld) { self.world = world }

    /// Begins, where the conditions of the run want any.
    static func begin(_ world: SimulatedWorld) -> WorkerThread? {
        guard world.conditions.areClocksSet || world.places.contains(where: \.conditions.isBad) else { return nil }
        return WorkerThread(name: "mischief") {
            world.scheduler.process = 0
            Mischief(world).run()
        }
    }

    private func run() {
        for _ in 0..<Int.random(in: 1...3, using: &world.random) {
            let limit = world.random.next() % 2 == 0 ? 5.0 : 2000
            world.scheduler.sleep(Double.random(in: 0..<limit, using: &world.random))
            if world.conditions.areClocksSet, Bool.random(using: &world.random) { setClock() }
            for place in world.places where place.conditions.isBad {
                if Bool.random(using: &world.random) { damage(place.storage) } else { bringBack(place.storage) }
            }
        }
    }

    private func setClock() {
        let years = Int64.random(in: -10...10, using: &world.random)
        guard let machine = world.machines.randomElement(using: &world.random) else { return }
        machine.beginning += years * 365 * 86_400
        world.note("the clock of \(machine.host) is set by \(years) years")
    }

    /// Damages an object, or loses one whose loss nothing can come of: a pack that comes back in the end, or the sign of a session.
    private func damage(_ storage: SimulatedStorage) {
        let folders = [StorageFolder.data, .data, .data, .index, .snapshots, .locks]
        let folder = folders.randomElement(using: &world.random) ?? .data
        let kinds: [StorageDamage] =
            switch folder {
            case .data: [.flippedBit, .zeroedSector, .truncation, .loss]
            case .locks: [.flippedBit, .loss]
            default: [.flippedBit, .zeroedSector, .truncation, .exchange]
            }
        let names = storage.names(in: folder).shuffled(using: &world.random)
        guard let kind = kinds.randomElement(using: &world.random), let name = names.first,
            let bytes = storage.objects[name], !bytes.isEmpty
        else { return }
        let other = names.dropFirst().first.flatMap { storage.objects[$0] }
        guard let changed = kind.applied(to: bytes, other: other, random: &world.random) else { return }
        world.note("damaged by \(kind.rawValue)", name)
        world.count(kind.rawValue)
        storage.damage(name, changed)
    }

    /// Brings an object back that was deleted. What a snapshot that comes back needs may be gone, so those stay away.
    private func bringBack(_ storage: SimulatedStorage) {
        let gone = storage.deleted.filter { name, _ in
            name.folder != .snapshots && storage.objects[name] == nil
        }
        guard let object = gone.randomElement(using: &world.random) else { return }
        world.note("comes back", object.name)
        world.count("an object that comes back")
        storage.replace(object.name, with: object.bytes)
    }
}
