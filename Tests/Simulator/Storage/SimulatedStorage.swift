import Backends
import Primitives

/// What is stored, for all processes of a run.
final class SimulatedStorage: @unchecked Sendable {
    // Unchecked: one thread runs at a time.

    /// Something that an operation does to the objects.
    enum Change {
        case put(ObjectName, [UInt8])
        case delete(ObjectName)

        var name: ObjectName {
            switch self {
            case .put(let name, _): name
            case .delete(let name): name
            }
        }

        var text: String {
            switch self {
            case .put: "put"
            case .delete: "delete"
            }
        }
    }

    private(set) var objects: [ObjectName: [UInt8]] = [:]
    /// Objects that were there once, for a storage that brings them back.
    private(set) var deleted: [(name: ObjectName, bytes: [UInt8])] = []
    /// What damaged objects were before.
    private(set) var undamaged: [ObjectName: [UInt8]] = [:]
    /// The most bytes that there is room for.
    var capacity = Int.max
    private var size = 0
    private var seals = SealWatch()
    /// What the storage itself saw go wrong.
    private(set) var violation: String?

    /// Whether there is room for a change.
    func hasRoom(for change: Change) -> Bool {
        if case .put(_, let bytes) = change { size + bytes.count <= capacity } else { true }
    }

    func apply(_ change: Change) {
        switch change {
        case .put(let name, let bytes):
            violation = violation ?? seals.observe(name, bytes)
            replace(name, with: bytes)
        case .delete(let name):
            if let bytes = objects[name] { deleted.append((name, bytes)) }
            replace(name, with: nil)
        }
    }

    /// Changes what is stored behind everybody's back.
    func damage(_ name: ObjectName, _ bytes: [UInt8]?) {
        undamaged[name] = undamaged[name] ?? objects[name]
        replace(name, with: bytes)
    }

    /// Changes what is stored, also as no process would.
    func replace(_ name: ObjectName, with bytes: [UInt8]?) {
        size += (bytes?.count ?? 0) - (objects[name]?.count ?? 0)
        objects[name] = bytes
    }

    /// The objects of a folder, in the order of their names.
    func list(_ folder: StorageFolder) -> [ListedObject] {
        objects.filter { $0.key.folder == folder }
            .map { ListedObject(id: $0.key.id, size: UInt64($0.value.count)) }
            .sorted { $0.id < $1.id }
    }
}
