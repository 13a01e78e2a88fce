import Backends
import Hashing
import Primitives
import Sealing

extension Repository {
    /// - Throws: kind `usage` where packs cannot travel between the two as they are: other keys or parameters.
    package func checkIsOfFamily(_ other: Repository) throws(VarveError) {
        let isFamily =
            configuration.repository == other.configuration.repository
            && configuration.chunker == other.configuration.chunker
            && configuration.isEncrypted == other.configuration.isEncrypted
        if isFamily { return }
        throw VarveError(
            .usage,
            "\(other.backend.location) is another repository than \(backend.location), not a second place of it",
            advice: "make one with `varve init --repo OTHER --copy-parameters-from \(backend.location)`")
    }

    /// - Throws: kind `usage` where both are the same place.
    package func checkIsElsewhere(_ other: Repository) throws(VarveError) {
        guard configuration.location == other.configuration.location else { return }
        throw VarveError(
            .usage, "\(backend.location) and \(other.backend.location) are one and the same repository",
            advice: "name each place once")
    }

    /// Makes a repository of the same family at another place: same keys and chunker parameters, so that packs can travel between
    /// them as they are; a location id and a key slot of its own (`format-spec/keys.md`).
    ///
    /// - Parameter password: of the new place; `nil` exactly if this repository is not encrypted.
    package func createTier(
        at other: any Backend, packSize: Int? = nil, label: String, password: SecretBytes?
    ) throws(VarveError) -> Repository {
        guard keys.isEncrypted == (password != nil) else {
            throw VarveError(
                .usage,
                keys.isEncrypted
                    ? "\(backend.location) is encrypted, so a repository with its parameters needs a password"
                    : "\(backend.location) is not encrypted, so a repository with its parameters cannot have a password"
            )
        }
        let copy = RepositoryConfiguration(
            repository: configuration.repository, location: Identifier(from: environment.random),
            isEncrypted: configuration.isEncrypted, chunker: configuration.chunker,
            packSize: packSize ?? configuration.packSize, created: environment.clock.now())
        var root: (key: SecretBytes, keyring: Keyring)?
        if let rootKey = keys.rootKey, let keyring = keys.keyring { root = (rootKey, keyring) }
        return try Repository.create(copy, at: other, root, label: label, password: password, environment: environment)
    }

    /// Writes the first objects of a repository: keys first, `config` last, since that is what makes it one.
    ///
    /// - Parameter root: the root key and the master keys; `nil` without encryption.
    static func create(
        _ configuration: RepositoryConfiguration, at backend: any Backend,
        _ root: (key: SecretBytes, keyring: Keyring)?,
        label: String, password: SecretBytes?, environment: RepositoryEnvironment
    ) throws(VarveError) -> Repository {
        if try backend.readConfiguration() != nil {
            throw VarveError(
                .repositoryExists, "there is a repository at \(backend.location) already",
                advice: "use it, or choose another place")
        }
        let bytes = try configuration.encoded()
        try backend.createLayout()
        var keys = RepositoryKeys.none(repository: configuration.repository)
        if let root, let password {
            let now = environment.clock.now()
            let session = Identifier(from: environment.random)
            let slot = try KeySlot(
                password: password, rootKey: root.key,
                description: KeySlotDescription(
                    label: label, created: now.rfc3339, host: environment.host, user: environment.user),
                repository: configuration.repository, session: session, parameters: environment.passwordParameters,
                random: environment.random)
            let location = LocationObject(
                location: configuration.location, configDigest: SHA256Hasher.digest(of: bytes),
                created: UInt64(clamping: now.milliseconds))
            let objects = [
                slot.encoded,
                try root.keyring.sealed(
                    rootKey: root.key, repository: configuration.repository, session: session,
                    random: environment.random),
                try location.sealed(
                    rootKey: root.key, repository: configuration.repository, session: session,
                    random: environment.random),
            ]
            for object in objects { try backend.put(ObjectName(.keys, SHA256Hasher.digest(of: object)), object) }
            keys = RepositoryKeys(repository: configuration.repository, rootKey: root.key, keyring: root.keyring)
        }
        try backend.writeConfiguration(bytes)
        return try Repository(backend: backend, configuration: configuration, keys: keys, environment: environment)
    }
}
