import Primitives

/// The keys of an open repository, or that it has none (`format-spec/keys.md`).
package struct RepositoryKeys: Sendable {
    package let repository: Identifier
    /// The suite of new objects.
    package let suite: CipherSuite
    /// Is told of all that is sealed.
    package var observer: (any SealObserver)?
    private let secrets: Secrets?

    private struct Secrets {
        let rootKey: SecretBytes
        let keyring: Keyring
    }

    /// - Parameters:
    ///   - keyring: the union of all keyrings.
    ///   - suite: what new objects are sealed with; not `none`.
    package init(
        repository: Identifier, rootKey: SecretBytes, keyring: Keyring, suite: CipherSuite = .preferred
    ) {
        precondition(suite != .none, "an encrypted repository needs a cipher")
        self.repository = repository
        self.suite = suite
        secrets = Secrets(rootKey: rootKey, keyring: keyring)
    }

    private init(unencrypted repository: Identifier) {
        self.repository = repository
        suite = .none
        secrets = nil
    }

    /// The keys of a repository that is not encrypted: none.
    package static func none(repository: Identifier) -> RepositoryKeys {
        RepositoryKeys(unencrypted: repository)
    }

    package var isEncrypted: Bool { secrets != nil }
    /// `nil` without encryption.
    package var rootKey: SecretBytes? { secrets?.rootKey }
    /// `nil` without encryption.
    package var keyring: Keyring? { secrets?.keyring }

    /// K_id; `nil` without encryption.
    package var chunkIDKey: SecretBytes? { secrets?.keyring.chunkIDKey }

    /// K_chunk: 32 zero bytes without encryption.
    package var chunkerKey: SecretBytes {
        secrets?.keyring.chunkerKey ?? SecretBytes([UInt8](repeating: 0, count: 32))
    }

    /// The 16 bytes of the chunker's PRF key.
    package var chunkerPRFKey: [UInt8] {
        derived(info: Array("varve1 chunker prf".utf8), count: 16)
    }

    /// The 10 bytes of the chunker's multipliers in the draw of this number.
    package func chunkerMultiplierBytes(draw: UInt8) -> [UInt8] {
        derived(info: Array("varve1 chunker multipliers".utf8) + [draw], count: 10)
    }

    private func derived(info: [UInt8], count: Int) -> [UInt8] {
        KeyDerivation.hkdf(chunkerKey, salt: [], info: info, count: count).withUnsafeBytes { Array($0) }
    }

    /// A header for a new object, with a fresh salt.
    ///
    /// - Parameter type: any but a key slot, whose key is a password's.
    package func makeHeader(
        type: ObjectType, session: Identifier, random: some RandomBytes = SystemRandom()
    ) -> ObjectHeader {
        precondition(type != .keySlot, "a key slot makes its own header")
        let writingKey = type.keyMode == .master ? secrets?.keyring.writingKey : nil
        return ObjectHeader(
            type: type, suite: suite, keyMode: isEncrypted ? type.keyMode : .none, keyEpoch: writingKey?.epoch ?? 0,
            keyID: writingKey?.headerID ?? 0, repository: repository, session: session, salt: random.bytes(32))
    }

    /// Whether it takes a keyring that is not here to open what `header` begins.
    package func lacksMasterKey(of header: ObjectHeader) -> Bool {
        guard let keyring, header.repository == repository, header.keyMode == .master else { return false }
        return keyring.masterKeys(epoch: header.keyEpoch, headerID: header.keyID).isEmpty
    }

    /// The same keys, and the master keys of another keyring of this repository.
    ///
    /// - Throws: `VarveError` of kind `damaged` where the two contradict each other.
    package func adding(_ other: Keyring) throws(VarveError) -> RepositoryKeys {
        guard let secrets else { return self }
        let union = try Keyring.union(of: [secrets.keyring, other])
        var keys = RepositoryKeys(repository: repository, rootKey: secrets.rootKey, keyring: union, suite: suite)
        keys.observer = observer
        return keys
    }

    /// What ``ObjectSealer`` needs beside the header: one key, or several that the header may mean, that of writers first; none
    /// without encryption.
    ///
    /// Refuses what does not belong to this repository, and what is not encrypted as everything in it is: the storage
    /// must not be able to switch encryption off.
    ///
    /// - Throws: `VarveError` of kind `damaged`.
    package func keyMaterial(for header: ObjectHeader, object: String) throws(VarveError) -> [SecretBytes] {
        guard header.repository == repository else { throw .damaged(object, "it belongs to another repository") }
        try header.checkNamedKey(of: object)
        guard let secrets else {
            guard header.suite == .none, header.keyMode == .none else {
                throw .damaged(object, "it is encrypted, and the repository is not")
            }
            return []
        }
        guard header.suite != .none, header.keyMode != .none else {
            throw .damaged(object, "it is not encrypted, and the repository is")
        }
        guard header.keyMode == header.type.keyMode else {
            throw .damaged(object, "key mode \(header.keyMode) does not belong to type \(header.type)")
        }
        switch header.keyMode {
        case .master:
            let keys = secrets.keyring.masterKeys(epoch: header.keyEpoch, headerID: header.keyID)
            guard !keys.isEmpty else {
                throw .damaged(object, "no keyring has its master key, of epoch \(header.keyEpoch)")
            }
            return keys.map(\.key)
        case .index: return [secrets.keyring.indexKey]
        case .root: return [secrets.rootKey]
        case .password, .none: throw .damaged(object, "it opens with a password alone")
        }
    }
}

/// Whole objects in one step.
extension RepositoryKeys {
    /// The sealer of the object that `header` begins.
    package func sealer(for header: ObjectHeader, object: String) throws(VarveError) -> ObjectSealer {
        let keys = try keyMaterial(for: header, object: object)
        return ObjectSealer(
            header: header, keyMaterial: keys.first, alternatives: Array(keys.dropFirst()), observer: observer)
    }

    /// The bytes of a new object.
    package func sealWholeObject(
        _ plain: [UInt8], type: ObjectType, session: Identifier, random: some RandomBytes = SystemRandom()
    ) throws(VarveError) -> [UInt8] {
        let header = makeHeader(type: type, session: session, random: random)
        return try sealer(for: header, object: "new object").sealWholeObject(plain)
    }

    /// The header and the plain bytes of an object that must have one of `types`.
    ///
    /// - Throws: `VarveError` of kind `damaged` or `unsupported`.
    package func openWholeObject(
        _ bytes: [UInt8], types: Set<ObjectType>, object: String
    ) throws(VarveError) -> (header: ObjectHeader, plain: [UInt8]) {
        let header = try ObjectHeader(decoding: bytes[...], of: object)
        guard types.contains(header.type) else { throw .damaged(object, "type \(header.type) does not belong here") }
        return (header, try sealer(for: header, object: object).openWholeObject(bytes, object: object))
    }
}
