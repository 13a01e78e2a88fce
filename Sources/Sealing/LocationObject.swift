import Primitives

/// Binds `config` of one place to the root key, so that the storage cannot change it (`format-spec/keys.md`, "Location
/// object").
package struct LocationObject: Sendable, Hashable {
    package let location: Identifier
    /// SHA-256 of the bytes of `config`.
    package let configDigest: Digest
    /// Milliseconds since 1970.
    package let created: UInt64

    package init(location: Identifier, configDigest: Digest, created: UInt64) {
        self.location = location
        self.configDigest = configDigest
        self.created = created
    }

    var plainBytes: [UInt8] {
        var writer = ByteWriter(reservingCapacity: 56)
        writer.append(location.bytes)
        writer.append(configDigest)
        writer.appendInteger(created)
        return writer.bytes
    }

    init(decodingPlain bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes, of: "location object")
        location = try reader.readIdentifier()
        configDigest = try reader.readDigest()
        created = try reader.readInteger()
        try reader.expectEnd()
    }

    /// The bytes of the object.
    package func sealed(
        rootKey: SecretBytes, repository: Identifier, session: Identifier, suite: CipherSuite = .preferred,
        random: some RandomBytes = SystemRandom()
    ) throws(VarveError) -> [UInt8] {
        try RootSealed.seal(
            plainBytes, type: .location, rootKey: rootKey, repository: repository, session: session, suite: suite,
            random: random)
    }

    /// Opens a location object.
    ///
    /// - Throws: `VarveError` of kind `damaged` or `unsupported`.
    package init(
        opening bytes: [UInt8], rootKey: SecretBytes, repository: Identifier, object: String
    ) throws(VarveError) {
        let plain = try RootSealed.open(
            bytes, type: .location, rootKey: rootKey, repository: repository, object: object)
        do {
            try self.init(decodingPlain: plain)
        } catch {
            throw .damaged(object, "\(error)")
        }
    }
}
