import FileIO
import Primitives
import SeededData

/// What happens to the caches of machines between processes: they are lost, damaged, or put back to what they were.
struct CacheTrouble {
    private let world: SimulatedWorld
    /// What a cache was once: the files below it.
    private var copies: [BytePath: [(path: BytePath, bytes: [UInt8])]] = [:]

    init(_ world: SimulatedWorld) { self.world = world }

    mutating func strike() {
        guard world.conditions.areCachesBad else { return }
        for machine in world.machines {
            guard let root = machine.cacheRoot else { continue }
            let kind = world.random.next() % 8
            do throws(SystemError) {
                switch kind {
                case 0:
                    world.note("the cache of \(machine.host) is lost")
                    world.count("a lost cache")
                    try remove(root)
                case 1: try damage(root, machine)
                case 2 where copies[root] != nil:
                    world.note("the cache of \(machine.host) is put back to what it was")
                    world.count("an old cache")
                    try remove(root)
                    for (path, bytes) in copies[root] ?? [] {
                        try path.parent.makeDirectories()
                        try OpenFile.open(path, .writeOnly, .create).write(bytes)
                    }
                case 3...5: copies[root] = try copy(of: root)
                default: continue
                }
            } catch {
                world.violate("the cache of \(machine.host) cannot be changed: \(error)")
            }
        }
    }

    private func copy(of root: BytePath) throws(SystemError) -> [(path: BytePath, bytes: [UInt8])] {
        var copy: [(path: BytePath, bytes: [UInt8])] = []
        for path in try files(below: root) { copy.append((path, try read(path))) }
        return copy
    }

    private func remove(_ root: BytePath) throws(SystemError) {
        do throws(SystemError) {
            try OpenFile.open(root.parent, .readOnly, .directory).removeTree(root.lastComponent)
        } catch  where error.isMissing {
            return
        }
    }

    private func damage(_ root: BytePath, _ machine: SimulatedMachine) throws(SystemError) {
        guard let path = try files(below: root).randomElement(using: &world.random) else { return }
        var bytes = try read(path)
        guard let place = bytes.indices.randomElement(using: &world.random) else { return }
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &world.random)
        world.note("a file in the cache of \(machine.host) is damaged: \(path.lastComponent.count) bytes of name")
        world.count("a damaged cache")
        try OpenFile.open(path, .writeOnly, .truncate).write(bytes)
    }

    private func read(_ path: BytePath) throws(SystemError) -> [UInt8] {
        try OpenFile.open(path).readAll(limit: 1 << 24)
    }

    /// All files, in the order of their paths.
    private func files(below folder: BytePath) throws(SystemError) -> [BytePath] {
        let directory: OpenFile
        do throws(SystemError) {
            directory = try OpenFile.open(folder, .readOnly, .directory)
        } catch  where error.isMissing {
            return []
        }
        var found: [BytePath] = []
        for name in try DirectoryListing(of: directory) {
            let path = folder.appending(name)
            switch try FileMetadata.read(at: directory, name: name).kind {
            case .directory: found += try files(below: path)
            case .regular: found.append(path)
            default: continue
            }
        }
        return found.sorted()
    }
}
