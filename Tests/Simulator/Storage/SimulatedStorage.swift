import Backends
import Primitives
import SeededData

/// What is stored at a place, for all processes of a run.
final class SimulatedStorage: @unchecked Sendable {
    // Unchecked: one thread runs at a time.

    /// Something that an operation does to the objects.
    enum Change {
        case put(ObjectName, [UInt8])
        case delete(ObjectName)
        case setAside(ObjectName)

        var name: ObjectName {
            switch self {
            case .put(let name, _), .delete(let name), .setAside(let name): name
            }
        }

        var text: String {
            switch self {
            case .put: "put"
            case .delete: "delete"
            case .setAside: "set aside"
            }
        }
    }

    private(set) var objects: [ObjectName: [UInt8]] = [:]
    /// Objects that were there once, for a storage that brings them back.
    private(set) var deleted: [(name: ObjectName, bytes: [UInt8])] = []
    /// What damaged objects were before.
    private(set) var undamaged: [ObjectName: [UInt8]] = [:]
    /// When objects were put.
    private var moments: [ObjectName: Double] = [:]
    /// What listings may not show yet: changes, the oldest first, with the size that the object had before.
    private var recent: [(name: ObjectName, moment: Double, sizeBefore: Int?)] = []
    /// The most bytes that there is room for.
    var capacity = Int.max
    /// After so many seconds at most a listing shows a change.
    var delay = 0.0
    private var size = 0
    let seals: SealWatch

    init(seals: SealWatch) { self.seals = seals }

    /// Whether there is room for a change.
    func hasRoom(for change: Change) -> Bool {
        if case .put(_, let bytes) = change { size + bytes.count <= capacity } else { true }
    }

    /// How many seconds ago an object was put; `nil` where it is not there.
    func age(of name: ObjectName, at now: Double) -> Double? {
        objects[name] == nil ? nil : now - (moments[name] ?? 0)
    }

    func apply(_ change: Change, at now: Double) {
        if delay > 0 { recent.append((change.name, now, objects[change.name]?.count)) }
        let undamaged = undamaged.removeValue(forKey: change.name)
        switch change {
        case .put(let name, let bytes):
            seals.observe(name, bytes)
            moments[name] = now
            replace(name, with: bytes)
        case .delete(let name), .setAside(let name):
            if let bytes = undamaged ?? objects[name] { deleted.append((name, bytes)) }
            replace(name, with: nil)
        }
    }

    /// Changes what is stored behind everybody's back.
    func damage(_ name: ObjectName, _ bytes: [UInt8]?) {
        undamaged[name] = undamaged[name] ?? objects[name]
        replace(name, with: bytes)
    }

    /// Makes damaged and lost objects what they were, but for those that somebody has deleted or put since.
    func mend() {
        for (name, bytes) in undamaged { replace(name, with: bytes) }
        undamaged = [:]
    }

    /// Changes what is stored, also as no process would.
    func replace(_ name: ObjectName, with bytes: [UInt8]?) {
        size += (bytes?.count ?? 0) - (objects[name]?.count ?? 0)
        objects[name] = bytes
    }

    /// The objects of a folder, in the order of their names.
    func list(_ folder: StorageFolder) -> [ListedObject] { listed(objects.mapValues(\.count), folder) }

    /// The same as somebody may see it: of what changed within the delay, some is not seen yet.
    func list(_ folder: StorageFolder, at now: Double, random: inout SeededRandom) -> [ListedObject] {
        recent.removeAll { $0.moment + delay <= now }
        if recent.isEmpty { return list(folder) }
        var sizes = objects.mapValues(\.count)
        var shown: Set<ObjectName> = []
        for change in recent.reversed() where change.name.folder == folder && !shown.contains(change.name) {
            // Who sees a change sees those before it of the same object.
            if Bool.random(using: &random) { shown.insert(change.name) } else { sizes[change.name] = change.sizeBefore }
        }
        return listed(sizes, folder)
    }

    func names(in folder: StorageFolder) -> [ObjectName] { list(folder).map { ObjectName(folder, $0.id) } }

    private func listed(_ sizes: [ObjectName: Int], _ folder: StorageFolder) -> [ListedObject] {
        sizes.filter { $0.key.folder == folder }
            .map { ListedObject(id: $0.key.id, size: UInt64($0.value)) }
            .sorted { $0.id < $1.id }
    }
}
