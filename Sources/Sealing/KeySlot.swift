import Primitives

/// Holds the root key under one password (`format-spec/keys.md`, "Key slot").
package struct KeySlot: Sendable {
    private static let algorithmScrypt: UInt8 = 1
    private static let rootKeyLength = 32

    package let header: ObjectHeader
    package let parameters: ScryptParameters
    private let commitment: SecretBytes
    private let sealedRootKey: [UInt8]
    private let sealedDescription: [UInt8]

    /// Makes a slot; runs scrypt.
    ///
    /// - Parameters:
    ///   - rootKey: the 32 bytes that the slot shall yield.
    ///   - description: for people; it can be read with the root key alone.
    /// - Throws: `VarveError` of kind `local` where there is not enough memory.
    package init(
        password: SecretBytes, rootKey: SecretBytes, description: KeySlotDescription, repository: Identifier,
        session: Identifier, suite: CipherSuite = .preferred, parameters: ScryptParameters = .standard,
        random: some RandomBytes = SystemRandom()
    ) throws(VarveError) {
        let header = ObjectHeader(
            type: .keySlot, suite: suite, keyMode: .password, repository: repository, session: session,
            salt: random.bytes(32))
        try self.init(
            header: header, password: password, rootKey: rootKey, description: description.encoded,
            parameters: parameters)
    }

    init(
        header: ObjectHeader, password: SecretBytes, rootKey: SecretBytes, description: [UInt8],
        parameters: ScryptParameters
    ) throws(VarveError) {
        precondition(rootKey.count == KeySlot.rootKeyLength, "a root key has 32 bytes")
        self.header = header
        self.parameters = parameters
        let passwordKey = try KeyDerivation.scrypt(password: password, salt: header.salt, parameters: parameters)
        commitment = KeySlot.commitment(of: passwordKey, header: header)
        let associatedData = KeySlot.associatedData(header, parameters, commitment)
        sealedRootKey = try ObjectSealer(header: header, keyMaterial: passwordKey).seal(
            rootKey.withUnsafeBytes { Array($0) }, place: .wholeObject, associatedData: associatedData)
        sealedDescription = try ObjectSealer(header: header, keyMaterial: rootKey).seal(
            description, place: .wholeObject, associatedData: associatedData)
    }

    /// The bytes of the object.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(KeySlot.associatedData(header, parameters, commitment))
        writer.append(sealedRootKey)
        writer.appendInteger(UInt32(sealedDescription.count))
        writer.append(sealedDescription)
        return writer.bytes
    }

    /// Reads a slot; the password parameters are checked before anything runs with them.
    ///
    /// - Parameter object: names the object for errors.
    /// - Throws: `VarveError` of kind `damaged` or `unsupported`.
    package init(decoding bytes: [UInt8], of object: String) throws(VarveError) {
        header = try ObjectHeader(decoding: bytes[...], of: object)
        guard header.type == .keySlot, header.keyMode == .password, header.suite != .none else {
            throw .damaged(object, "it is no key slot")
        }
        try header.checkNamedKey(of: object)
        do {
            var reader = ByteReader(bytes[ObjectHeader.byteCount...], of: "key slot")
            let algorithm = try reader.readInteger(UInt8.self)
            guard algorithm == KeySlot.algorithmScrypt else {
                throw reader.malformed("key derivation \(algorithm) is unknown")
            }
            let log2N = try reader.readInteger(UInt8.self)
            try reader.readZeros(2)
            parameters = ScryptParameters(
                log2N: Int(log2N), r: Int(try reader.readInteger(UInt32.self)),
                p: Int(try reader.readInteger(UInt32.self)))
            commitment = SecretBytes(try reader.readBytes(32))
            sealedRootKey = try reader.readBytes(KeySlot.rootKeyLength + ObjectSealer.overhead)
            let length = Int(try reader.readInteger(UInt32.self))
            sealedDescription = try reader.readBytes(length)
            try reader.expectEnd()
        } catch {
            throw .damaged(object, "\(error)")
        }
        try parameters.validate(of: object)
    }

    /// The root key; `nil` where the password is not this slot's. Runs scrypt.
    ///
    /// - Throws: `VarveError` of kind `damaged` where the password is right and the slot is damaged, `local` where
    ///   there is not enough memory.
    package func rootKey(password: SecretBytes, object: String) throws(VarveError) -> SecretBytes? {
        let passwordKey = try KeyDerivation.scrypt(password: password, salt: header.salt, parameters: parameters)
        guard KeySlot.commitment(of: passwordKey, header: header) == commitment else { return nil }
        let sealer = ObjectSealer(header: header, keyMaterial: passwordKey)
        return SecretBytes(
            try sealer.open(
                sealedRootKey[...], place: .wholeObject,
                associatedData: KeySlot.associatedData(header, parameters, commitment), object: object))
    }

    /// What people know the slot by.
    ///
    /// - Throws: `VarveError` of kind `damaged`, also where the slot belongs to another root key.
    package func description(rootKey: SecretBytes, object: String) throws(VarveError) -> KeySlotDescription {
        let sealer = ObjectSealer(header: header, keyMaterial: rootKey)
        let text = try sealer.open(
            sealedDescription[...], place: .wholeObject,
            associatedData: KeySlot.associatedData(header, parameters, commitment), object: object)
        return try KeySlotDescription(decoding: text, of: object)
    }

    private static func commitment(of passwordKey: SecretBytes, header: ObjectHeader) -> SecretBytes {
        KeyDerivation.hkdf(
            passwordKey, salt: header.salt, info: Array("varve1 commitment".utf8) + header.derivationContext)
    }

    /// H and bytes 128 to 171.
    private static func associatedData(
        _ header: ObjectHeader, _ parameters: ScryptParameters, _ commitment: SecretBytes
    ) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 172)
        writer.append(header.encoded)
        writer.append(algorithmScrypt)
        writer.append(UInt8(parameters.log2N))
        writer.appendZeros(2)
        writer.appendInteger(UInt32(parameters.r))
        writer.appendInteger(UInt32(parameters.p))
        commitment.withUnsafeBytes { writer.append($0) }
        return writer.bytes
    }
}
