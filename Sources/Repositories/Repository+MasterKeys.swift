import Backends
import Hashing
import Primitives
import Sealing

/// The keys of an open repository; a rotation by whomever adds to them.
struct KnownKeys: Sendable {
    var keys: RepositoryKeys
    /// Names of master keys that stood in no keyring when they were looked for; they are not looked for again.
    var missing: Set<MasterKeyName> = []

    /// What a header names a master key by.
    struct MasterKeyName: Hashable {
        let epoch: UInt32
        let headerID: UInt32
    }
}

/// A master key, for people.
package struct MasterKeyDescription: Sendable, Hashable {
    package let epoch: UInt32
    package let id: Identifier
    /// When the oldest keyring that holds it was made.
    package let creationTime: Timestamp
    /// Whether new packs and snapshots are sealed with it.
    package let isNewest: Bool

    /// - Parameter created: milliseconds since 1970; what a time cannot hold becomes the last that it can.
    init(_ key: MasterKey, created: UInt64, isNewest: Bool) {
        epoch = key.epoch
        id = key.id
        let milliseconds = Int64(clamping: min(created, UInt64(Int64.max / 1_000_000)))
        creationTime = Timestamp(nanoseconds: milliseconds * 1_000_000)
        self.isNewest = isNewest
    }
}

extension Repository {
    package var keys: RepositoryKeys { knownKeys.withLock { $0.keys } }

    // MARK: Opening what is there

    /// The sealer of the object that `header` begins. Where its master key is not known, the keyrings are read once more:
    /// somebody may have rotated since the repository was opened.
    ///
    /// - Throws: kinds `damaged` and `storage`.
    package func sealer(for header: ObjectHeader, object: String) throws(VarveError) -> ObjectSealer {
        try learnMasterKey(of: header)
        return try keys.sealer(for: header, object: object)
    }

    /// Like ``RepositoryKeys/openWholeObject(_:types:object:)``, with keys of rotations since the repository was opened as well.
    func openObject(
        _ bytes: [UInt8], types: Set<ObjectType>, object: String
    ) throws(VarveError) -> (header: ObjectHeader, plain: [UInt8]) {
        try learnMasterKey(of: try ObjectHeader(decoding: bytes[...], of: object))
        return try keys.openWholeObject(bytes, types: types, object: object)
    }

    private func learnMasterKey(of header: ObjectHeader) throws(VarveError) {
        let name = KnownKeys.MasterKeyName(epoch: header.keyEpoch, headerID: header.keyID)
        let isToBeRead = knownKeys.withLock { $0.keys.lacksMasterKey(of: header) && !$0.missing.contains(name) }
        guard isToBeRead else { return }
        // What is odd in keys/ was said when the repository was opened.
        let objects = try KeyObjects(of: configuration.repository, in: backend, cache: cache, warn: { _ in })
        try learn(objects.keyrings(rootKey: try requireRootKey()))
        knownKeys.withLock { if $0.keys.lacksMasterKey(of: header) { $0.missing.insert(name) } }
    }

    private func learn(_ keyrings: [Keyring]) throws(VarveError) {
        try knownKeys.withLock { known throws(VarveError) in
            for keyring in keyrings { known.keys = try known.keys.adding(keyring) }
        }
    }

    /// Makes sure that what another repository of the family seals as `header` says can be opened here: puts a keyring where none
    /// here holds that key (`format-spec/keys.md`).
    package func learnMasterKey(sealing header: ObjectHeader, of other: Repository) throws(VarveError) {
        guard keys.lacksMasterKey(of: header), let keyring = other.keys.keyring else { return }
        let bytes = try keyring.sealed(
            rootKey: try requireRootKey(), repository: configuration.repository,
            session: Identifier(from: environment.random), suite: keys.suite, random: environment.random)
        try backend.put(ObjectName(.keys, SHA256Hasher.digest(of: bytes)), bytes)
        try learn([keyring])
    }

    // MARK: Rotation

    /// Adds a master key of the next epoch, which seals what is written from now on, and removes none.
    ///
    /// It is one object that is put: before, nothing has changed; after, all is done. Rotations at the same time give several keys
    /// of one epoch, all of which are read. Whoever has the repository open goes on with the key before until it meets the new one.
    /// - Throws: kind `usage` where the repository is not encrypted or the keyring is full, `storage`.
    package func rotateMasterKey() throws(VarveError) -> MasterKeyDescription {
        let rootKey = try requireRootKey()
        try learn(try keyObjects().keyrings(rootKey: rootKey))
        guard let keyring = keys.keyring else { throw .damaged("keys/", "there is no keyring") }
        let rotated = try keyring.rotated(
            created: UInt64(clamping: environment.clock.now().milliseconds), random: environment.random)
        let bytes = try rotated.sealed(
            rootKey: rootKey, repository: configuration.repository, session: Identifier(from: environment.random),
            suite: keys.suite, random: environment.random)
        try backend.put(ObjectName(.keys, SHA256Hasher.digest(of: bytes)), bytes)
        try learn([rotated])
        let key = rotated.writingKey
        return MasterKeyDescription(key, created: rotated.created, isNewest: true)
    }

    /// The master keys that stand in `keys/`, oldest first.
    package func listMasterKeys() throws(VarveError) -> [MasterKeyDescription] {
        let keyrings = try keyObjects().keyrings(rootKey: try requireRootKey())
        let union = try Keyring.union(of: keyrings)
        return union.masterKeys.map { key in
            let created = keyrings.filter { $0.masterKeys.contains(key) }.map(\.created).min() ?? union.created
            return MasterKeyDescription(key, created: created, isNewest: key == union.writingKey)
        }
    }
}
