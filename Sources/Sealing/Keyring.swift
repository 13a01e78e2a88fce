import Primitives

/// A key that packs and snapshots are sealed with, from the rotation that made it on.
package struct MasterKey: Sendable, Hashable {
    /// From 1; each rotation adds the next.
    package let epoch: UInt32
    package let id: Identifier
    package let key: SecretBytes

    package init(epoch: UInt32, id: Identifier, key: SecretBytes) {
        self.epoch = epoch
        self.id = id
        self.key = key
    }

    /// What a header names the key by, besides its epoch.
    package var headerID: UInt32 {
        id.bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
    }

    package static func == (a: MasterKey, b: MasterKey) -> Bool {
        a.epoch == b.epoch && a.id == b.id && a.key == b.key
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(epoch)
        hasher.combine(id)
    }
}

/// The keys of a repository (`format-spec/keys.md`, "Keyring"), sealed under its root key.
package struct Keyring: Sendable, Equatable {
    static let maximumCount = 1024
    static let keyLength = 32

    /// In ascending order of epoch and id bytes; at least one.
    package let masterKeys: [MasterKey]
    /// K_id.
    package let chunkIDKey: SecretBytes
    /// K_chunk.
    package let chunkerKey: SecretBytes
    /// K_index.
    package let indexKey: SecretBytes
    /// Milliseconds since 1970.
    package let created: UInt64

    init(
        masterKeys: [MasterKey], chunkIDKey: SecretBytes, chunkerKey: SecretBytes, indexKey: SecretBytes,
        created: UInt64
    ) {
        self.masterKeys = masterKeys
        self.chunkIDKey = chunkIDKey
        self.chunkerKey = chunkerKey
        self.indexKey = indexKey
        self.created = created
    }

    /// The first keyring of a new repository, with one master key of epoch 1.
    package init(created: UInt64, random: some RandomBytes = SystemRandom()) {
        self.init(
            masterKeys: [Keyring.newMasterKey(epoch: 1, random: random)],
            chunkIDKey: SecretBytes(random: random, count: Keyring.keyLength),
            chunkerKey: SecretBytes(random: random, count: Keyring.keyLength),
            indexKey: SecretBytes(random: random, count: Keyring.keyLength), created: created)
    }

    /// What a rotation writes: these keys and a new master key of the next epoch.
    ///
    /// - Throws: `VarveError` of kind `usage` where the keyring is full.
    package func rotated(created: UInt64, random: some RandomBytes = SystemRandom()) throws(VarveError) -> Keyring {
        guard masterKeys.count < Keyring.maximumCount, writingKey.epoch < .max else {
            throw VarveError(.usage, "the keyring is full: it holds \(masterKeys.count) master keys")
        }
        let added = Keyring.newMasterKey(epoch: writingKey.epoch + 1, random: random)
        return Keyring(
            masterKeys: masterKeys + [added], chunkIDKey: chunkIDKey, chunkerKey: chunkerKey, indexKey: indexKey,
            created: created)
    }

    /// What a reader goes by: the master keys of all keyrings of a repository.
    ///
    /// - Throws: `VarveError` of kind `damaged` where there is none, or where two contradict each other.
    package static func union(of keyrings: [Keyring]) throws(VarveError) -> Keyring {
        guard let first = keyrings.first else { throw .damaged("keys", "there is no keyring") }
        var masterKeys: [MasterKey] = []
        for keyring in keyrings {
            guard keyring.chunkIDKey == first.chunkIDKey, keyring.chunkerKey == first.chunkerKey,
                keyring.indexKey == first.indexKey
            else { throw .damaged("keys", "the keyrings belong to different repositories") }
            for key in keyring.masterKeys {
                guard let same = masterKeys.first(where: { $0.epoch == key.epoch && $0.id == key.id }) else {
                    masterKeys.append(key)
                    continue
                }
                guard same == key else {
                    throw .damaged("keys", "two keyrings have different master keys \(key.id) of epoch \(key.epoch)")
                }
            }
        }
        return Keyring(
            masterKeys: masterKeys.sorted(by: isAscending), chunkIDKey: first.chunkIDKey, chunkerKey: first.chunkerKey,
            indexKey: first.indexKey, created: keyrings.map(\.created).max() ?? first.created)
    }

    /// What new packs and snapshots are sealed with: the highest epoch, the smallest id among equals.
    package var writingKey: MasterKey {
        let epoch = masterKeys[masterKeys.count - 1].epoch
        return masterKeys.first { $0.epoch == epoch } ?? masterKeys[masterKeys.count - 1]
    }

    /// The keys that a header may mean: one, or none where this keyring has none such. Two where the ids of two rotations at once
    /// begin alike; then the one that writers use stands first.
    package func masterKeys(epoch: UInt32, headerID: UInt32) -> [MasterKey] {
        masterKeys.filter { $0.epoch == epoch && $0.headerID == headerID }
    }

    static func isAscending(_ a: MasterKey, _ b: MasterKey) -> Bool {
        a.epoch != b.epoch ? a.epoch < b.epoch : a.id.bytes.lexicographicallyPrecedes(b.id.bytes)
    }

    private static func newMasterKey(epoch: UInt32, random: some RandomBytes) -> MasterKey {
        MasterKey(epoch: epoch, id: Identifier(from: random), key: SecretBytes(random: random, count: keyLength))
    }
}
