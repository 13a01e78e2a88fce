import Backends
import Hashing
import Primitives
import Repositories
import Sealing
import SeededData

/// One place of the repository: what is stored there, what that storage is like, and which snapshots must be there.
final class SimulatedPlace: @unchecked Sendable {
    // Unchecked: one thread runs at a time.

    /// For messages.
    let name: String
    let configuration: RepositoryConfiguration
    let conditions: StorageConditions
    let storage: SimulatedStorage
    var ledger = Ledger()
    /// Whether the storage damages objects, or did.
    var hasBeenDamaged: Bool
    /// Whether records say that something is damaged.
    var isDoubtful = false

    /// - Parameter seals: sees what is sealed at all places, since they have the same keys.
    init(
        _ name: String, _ configuration: RepositoryConfiguration, _ conditions: StorageConditions, seals: SealWatch
    ) {
        self.name = name
        self.configuration = configuration
        self.conditions = conditions
        storage = SimulatedStorage(seals: seals)
        storage.delay = conditions.visibilityDelay
        hasBeenDamaged = conditions.isBad
    }

    /// The keys as a process finds them that opens the repository now.
    ///
    /// - Throws: kind `damaged`.
    func openKeys(_ rootKey: SecretBytes) throws(VarveError) -> RepositoryKeys {
        guard configuration.isEncrypted else { return .none(repository: configuration.repository) }
        var keyrings: [Keyring] = []
        for name in storage.names(in: .keys) {
            guard let bytes = storage.objects[name] else { continue }
            keyrings.append(
                try Keyring(
                    opening: bytes, rootKey: rootKey, repository: configuration.repository, object: "\(name)"))
        }
        var keys = RepositoryKeys(
            repository: configuration.repository, rootKey: rootKey, keyring: try Keyring.union(of: keyrings))
        keys.observer = storage.seals
        return keys
    }

    /// Ends all that goes wrong with the storage; what was damaged and not yet removed is as it was.
    func rest() {
        storage.capacity = .max
        storage.delay = 0
        storage.mend()
    }

    /// Whether the storage may refuse to delete an object.
    func retains(_ name: ObjectName, at now: Double) -> Bool {
        guard conditions.retention > 0, name.folder != .locks || conditions.retainsLocks,
            let age = storage.age(of: name, at: now)
        else { return false }
        return age < conditions.retention
    }

    /// Whether its storage may fail who meets no fault of their own.
    var isTrying: Bool { storage.capacity < .max || conditions.retention > 0 || conditions.isBad }
}
