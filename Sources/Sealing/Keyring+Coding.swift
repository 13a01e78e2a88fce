import Primitives

extension Keyring {
    /// The plain bytes.
    var plainBytes: [UInt8] {
        var writer = ByteWriter()
        writer.appendInteger(UInt32(masterKeys.count))
        for masterKey in masterKeys {
            writer.appendInteger(masterKey.epoch)
            writer.append(masterKey.id.bytes)
            masterKey.key.withUnsafeBytes { writer.append($0) }
        }
        for key in [chunkIDKey, chunkerKey, indexKey] { key.withUnsafeBytes { writer.append($0) } }
        writer.appendInteger(created)
        return writer.bytes
    }

    init(decodingPlain bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes, of: "keyring")
        let count = try reader.readInteger(UInt32.self)
        guard (1...UInt32(Keyring.maximumCount)).contains(count) else {
            throw reader.malformed("\(count) master keys cannot be")
        }
        var masterKeys: [MasterKey] = []
        for _ in 0..<count {
            let key = MasterKey(
                epoch: try reader.readInteger(), id: try reader.readIdentifier(),
                key: SecretBytes(try reader.readBytes(Keyring.keyLength)))
            guard key.epoch > 0 else { throw reader.malformed("a master key has epoch 0") }
            if let last = masterKeys.last, !Keyring.isAscending(last, key) {
                throw reader.malformed("the master keys are not in order")
            }
            masterKeys.append(key)
        }
        self.init(
            masterKeys: masterKeys, chunkIDKey: SecretBytes(try reader.readBytes(Keyring.keyLength)),
            chunkerKey: SecretBytes(try reader.readBytes(Keyring.keyLength)),
            indexKey: SecretBytes(try reader.readBytes(Keyring.keyLength)), created: try reader.readInteger())
        try reader.expectEnd()
    }

    /// The bytes of a keyring object.
    ///
    /// - Throws: `VarveError` of kind `usage` where there are more master keys than a keyring holds.
    package func sealed(
        rootKey: SecretBytes, repository: Identifier, session: Identifier, suite: CipherSuite = .preferred,
        random: some RandomBytes = SystemRandom()
    ) throws(VarveError) -> [UInt8] {
        guard masterKeys.count <= Keyring.maximumCount else {
            throw VarveError(.usage, "a keyring cannot hold \(masterKeys.count) master keys")
        }
        return try RootSealed.seal(
            plainBytes, type: .keyring, rootKey: rootKey, repository: repository, session: session, suite: suite,
            random: random)
    }

    /// Opens a keyring object.
    ///
    /// - Throws: `VarveError` of kind `damaged` or `unsupported`.
    package init(
        opening bytes: [UInt8], rootKey: SecretBytes, repository: Identifier, object: String
    ) throws(VarveError) {
        let plain = try RootSealed.open(
            bytes, type: .keyring, rootKey: rootKey, repository: repository, object: object)
        do {
            try self.init(decodingPlain: plain)
        } catch {
            throw .damaged(object, "\(error)")
        }
    }
}
