/// What an object is (`format-spec/header.md`).
public enum ObjectType: UInt8, Sendable, CaseIterable {
    case dataPack = 1
    case metadataPack = 2
    case index = 3
    case condemnRecord = 4
    case drainRecord = 5
    case voidRecord = 6
    case forgetRecord = 7
    case damageRecord = 8
    case snapshot = 9
    case keySlot = 10
    case keyring = 11
    case location = 12
    case anchor = 13
    case heartbeat = 14

    /// The key mode that objects of this type have in an encrypted repository.
    public var keyMode: KeyMode {
        switch self {
        case .dataPack, .metadataPack, .snapshot: .master
        case .index, .condemnRecord, .drainRecord, .voidRecord, .forgetRecord, .damageRecord, .anchor, .heartbeat:
            .index
        case .keyring, .location: .root
        case .keySlot: .password
        }
    }
}

/// How an object is encrypted.
public enum CipherSuite: UInt8, Sendable, CaseIterable {
    case none = 0
    case aes256GCM = 1
    case chaCha20Poly1305 = 2
}

/// Which key opens an object.
public enum KeyMode: UInt8, Sendable, CaseIterable {
    case none = 0
    case master = 1
    case index = 2
    case root = 3
    case password = 4
}

/// The 128 bytes that begin every object but `config` (`format-spec/header.md`).
public struct ObjectHeader: Hashable, Sendable {
    public static let byteCount = 128
    static let magic: [UInt8] = [0x89, 0x56, 0x52, 0x56, 0x0D, 0x0A, 0x1A, 0x0A]
    static let version: UInt16 = 1

    public var type: ObjectType
    public var suite: CipherSuite
    public var keyMode: KeyMode
    public var keyEpoch: UInt32
    public var keyID: UInt32
    public var repository: Identifier
    public var session: Identifier
    /// 32 random bytes, fresh for every object.
    public var salt: [UInt8]

    public init(
        type: ObjectType, suite: CipherSuite, keyMode: KeyMode, keyEpoch: UInt32 = 0, keyID: UInt32 = 0,
        repository: Identifier, session: Identifier, salt: [UInt8]
    ) {
        precondition(salt.count == 32, "a salt has 32 bytes")
        self.type = type
        self.suite = suite
        self.keyMode = keyMode
        self.keyEpoch = keyEpoch
        self.keyID = keyID
        self.repository = repository
        self.session = session
        self.salt = salt
    }

    /// The 128 bytes.
    public var encoded: [UInt8] {
        var writer = ByteWriter(reservingCapacity: ObjectHeader.byteCount)
        writer.append(ObjectHeader.magic)
        writer.appendInteger(ObjectHeader.version)
        writer.append(type.rawValue)
        writer.append(suite.rawValue)
        writer.append(keyMode.rawValue)
        writer.append(UInt8(0))
        writer.appendInteger(UInt16(0))
        writer.appendInteger(keyEpoch)
        writer.appendInteger(keyID)
        writer.append(repository.bytes)
        writer.append(session.bytes)
        writer.append(salt)
        writer.appendZeros(36)
        writer.appendInteger(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    /// Reads a header, with the checks of the specification in its order but for the repository id, which the caller knows.
    ///
    /// - Parameter bytes: at least 128; what follows them is not looked at.
    /// - Throws: `VarveError` of kind `damaged` or `unsupported`, naming `object`.
    public init(decoding bytes: ArraySlice<UInt8>, of object: String) throws(VarveError) {
        guard bytes.count >= ObjectHeader.byteCount else {
            throw .damaged(object, "it has \(bytes.count) bytes, less than a header")
        }
        do {
            self = try ObjectHeader(checked: bytes.prefix(ObjectHeader.byteCount), of: object)
        } catch let error as VarveError {
            throw error
        } catch {
            throw .damaged(object, "\(error)")
        }
    }

    private init(checked bytes: ArraySlice<UInt8>, of object: String) throws {
        var reader = ByteReader(bytes, of: "header")
        guard try reader.readBytes(8) == ObjectHeader.magic else {
            throw VarveError.damaged(object, "it does not begin as an object of varve")
        }
        var checksum = ByteReader(bytes.suffix(4), of: "header")
        guard try checksum.readInteger() == CRC32C.checksum(bytes.prefix(124)) else {
            throw VarveError.damaged(object, "the checksum of its header is wrong")
        }
        let version = try reader.readInteger(UInt16.self)
        guard version == ObjectHeader.version else {
            throw VarveError.newerFormat(object, "has format version \(version)")
        }
        let type = try reader.readInteger(UInt8.self)
        let suite = try reader.readInteger(UInt8.self)
        let keyMode = try reader.readInteger(UInt8.self)
        let flags = try reader.readInteger(UInt8.self)
        let mustUnderstand = try reader.readInteger(UInt16.self)
        guard mustUnderstand == 0 else {
            throw VarveError.newerFormat(
                object, "must be understood in a way (bits 0x\(String(mustUnderstand, radix: 16)))")
        }
        guard flags == 0 else { throw reader.malformed("flags are \(flags)") }
        guard let type = ObjectType(rawValue: type) else { throw reader.malformed("type \(type) is unknown") }
        guard let suite = CipherSuite(rawValue: suite) else { throw reader.malformed("suite \(suite) is unknown") }
        guard let keyMode = KeyMode(rawValue: keyMode) else { throw reader.malformed("key mode \(keyMode) is unknown") }
        self.type = type
        self.suite = suite
        self.keyMode = keyMode
        keyEpoch = try reader.readInteger()
        keyID = try reader.readInteger()
        repository = try reader.readIdentifier()
        session = try reader.readIdentifier()
        salt = try reader.readBytes(32)
        try reader.readZeros(36)
    }
}

extension VarveError {
    /// An object or repository that only a newer varve can read: "\(object) \(property) that this varve does not know".
    public static func newerFormat(_ object: String, _ property: String) -> VarveError {
        VarveError(
            .unsupported, "\(object) \(property) that this varve does not know",
            advice: "use a newer varve; this one reads format version \(ObjectHeader.version)")
    }
}
