import Backends
import Chunking
import FileIO
import Hashing
import Primitives
import Sealing
import Threads

/// An open repository: its objects, its keys, and this machine's cache for it.
package final class Repository: Sendable {
    package let backend: any Backend
    package let configuration: RepositoryConfiguration
    let knownKeys: Locked<KnownKeys>
    package let hasher: ChunkHasher
    package let cache: CacheFolder
    /// Packs that are kept for comparing; `nil` where the storage is near, or none are wanted.
    package let packCache: PackCache?
    package let environment: RepositoryEnvironment

    /// A repository whose configuration and keys are known.
    ///
    /// - Parameter cache: where it was opened already.
    /// - Throws: kind `local` where no cache can be made.
    package init(
        backend: any Backend, configuration: RepositoryConfiguration, keys: RepositoryKeys,
        environment: RepositoryEnvironment, cache: CacheFolder? = nil
    ) throws(VarveError) {
        self.backend =
            backend.visibilityDelay > 0 ? SettlingBackend(backend, environment: environment) : backend
        self.configuration = configuration
        knownKeys = Locked(KnownKeys(keys: keys))
        self.environment = environment
        hasher = keys.chunkIDKey.map { key in key.withUnsafeBytes { ChunkHasher(key: $0) } } ?? ChunkHasher()
        let cache = if let cache { cache } else { try Repository.cache(for: configuration, environment) }
        self.cache = cache
        let keepsPacks = backend.isDistant && !cache.isTemporary && environment.packCacheLimit != .off
        packCache =
            keepsPacks
            ? PackCache(at: cache.packs, limit: environment.packCacheLimit, clock: environment.clock) : nil
    }

    /// The cache of this machine; a temporary one where none is wanted or none can be made.
    private static func cache(
        for configuration: RepositoryConfiguration, _ environment: RepositoryEnvironment
    ) throws(VarveError) -> CacheFolder {
        if let root = environment.cacheRoot {
            do throws(VarveError) {
                return try CacheFolder(
                    below: root, repository: configuration.repository, location: configuration.location)
            } catch {
                environment.warn("there is no cache, which makes this slower: \(error.problem)")
            }
        }
        return try CacheFolder(temporaryBelow: environment.temporaryRoot, random: environment.random)
    }

    /// A chunker with the secrets of this repository.
    package func makeChunker() -> Chunker {
        let keys = keys
        return Chunker(
            parameters: configuration.chunker,
            keys: ChunkerKeys(
                parameters: configuration.chunker, prfKey: keys.chunkerPRFKey,
                multiplierBytes: { keys.chunkerMultiplierBytes(draw: $0) }))
    }

    // MARK: Opening

    /// Opens a repository.
    ///
    /// - Parameter password: asked once, and only where the repository is encrypted; `nil` where none was given.
    /// - Throws: kinds `repositoryMissing`, `unsupported`, `wrongPassword`, `damaged`, `storage`.
    package static func open(
        _ backend: any Backend, environment: RepositoryEnvironment,
        password: (_ isEncrypted: Bool) throws(VarveError) -> SecretBytes?
    ) throws(VarveError) -> Repository {
        guard let bytes = try backend.readConfiguration() else {
            throw VarveError(
                .repositoryMissing, "there is no repository at \(backend.location)",
                advice: "check the name, or make one with `varve init`")
        }
        let configuration = try RepositoryConfiguration(decoding: bytes)
        let password = try password(configuration.isEncrypted)
        guard configuration.isEncrypted else {
            if password != nil {
                throw VarveError(
                    .wrongPassword, "a password is given, but the repository at \(backend.location) is not encrypted",
                    advice: "if it should be, somebody changed it: do not use it; if not, take the password away")
            }
            return try Repository(
                backend: backend, configuration: configuration, keys: .none(repository: configuration.repository),
                environment: environment)
        }
        guard let password else {
            throw VarveError(
                .wrongPassword, "no password is given",
                advice: "set VARVE_PASSWORD_FILE, VARVE_PASSWORD_COMMAND or VARVE_PASSWORD")
        }
        let cache = try Repository.cache(for: configuration, environment)
        let objects = try KeyObjects(
            of: configuration.repository, in: backend, cache: cache, warn: environment.warn)
        let rootKey = try objects.rootKey(password: password).key
        let keys = try objects.keys(rootKey: rootKey, configuration: configuration, configurationBytes: bytes)
        return try Repository(
            backend: backend, configuration: configuration, keys: keys, environment: environment, cache: cache)
    }

    // MARK: Making

    /// What a new repository shall be.
    package struct Parameters: Sendable {
        package var chunker: ChunkerParameters
        package var packSize: Int
        package var isEncrypted: Bool
        package var label: String

        package init(
            chunker: ChunkerParameters = .standard, packSize: Int = RepositoryConfiguration.defaultPackSize,
            isEncrypted: Bool, label: String = ""
        ) {
            self.chunker = chunker
            self.packSize = packSize
            self.isEncrypted = isEncrypted
            self.label = label
        }
    }

    /// Makes a repository.
    ///
    /// - Parameter password: `nil` exactly if the repository shall not be encrypted.
    /// - Throws: kind `repositoryExists` where there is one.
    package static func create(
        at backend: any Backend, _ parameters: Parameters, password: SecretBytes?, environment: RepositoryEnvironment
    ) throws(VarveError) -> Repository {
        precondition(parameters.isEncrypted == (password != nil), "a password belongs to encryption")
        let random = environment.random
        let now = environment.clock.now()
        let configuration = RepositoryConfiguration(
            repository: Identifier(from: random), location: Identifier(from: random),
            isEncrypted: parameters.isEncrypted, chunker: parameters.chunker, packSize: parameters.packSize,
            created: now)
        let root = (
            key: SecretBytes(random: random, count: 32),
            keyring: Keyring(created: UInt64(clamping: now.milliseconds), random: random)
        )
        return try create(
            configuration, at: backend, parameters.isEncrypted ? root : nil, label: parameters.label,
            password: password, environment: environment)
    }
}
