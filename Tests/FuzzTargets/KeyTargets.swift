import Primitives
import Repositories
import Sealing

/// The 128 bytes that begin an object, with their own checksum and with the right one.
struct HeaderTarget: FuzzTarget {
    static let name = "header"

    func check(_ bytes: [UInt8]) throws -> Bool {
        var isAccepted = false
        for bytes in [bytes, withHeaderChecksum(bytes)] {
            guard let header = try accepted({ try ObjectHeader(decoding: bytes[...], of: "object") }) else { continue }
            isAccepted = true
            try expect(header.encoded == Array(bytes.prefix(ObjectHeader.byteCount)), "a header encodes to other bytes")
        }
        return isAccepted
    }
}

/// A key slot, up to what needs the password.
struct KeySlotTarget: FuzzTarget {
    static let name = "key-slot"

    func check(_ bytes: [UInt8]) throws -> Bool {
        let bytes = withHeaderChecksum(bytes)
        guard let slot = try accepted({ try KeySlot(decoding: bytes, of: "slot") }) else { return false }
        try expect(slot.encoded == bytes, "a key slot encodes to other bytes")
        try slot.parameters.validate()
        let memory = 128 * slot.parameters.r << slot.parameters.log2N
        try expect(memory <= 1 << 30, "scrypt may take \(memory) bytes")
        return true
    }
}

/// What stands sealed in a keyring or a location object: the first byte says in which.
struct KeyringTarget: FuzzTarget {
    static let name = "keyring"

    private struct Fixed: RandomBytes {
        func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }
    }

    private let rootKey = SecretBytes([UInt8](repeating: 1, count: 32))

    private func sealed(_ plain: [UInt8], _ type: ObjectType) throws -> [UInt8] {
        let header = ObjectHeader(
            type: type, suite: .aes256GCM, keyMode: .root, repository: .zero, session: .zero, salt: Fixed().bytes(32))
        return try ObjectSealer(header: header, keyMaterial: rootKey).sealWholeObject(plain)
    }

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let first = bytes.first else { return false }
        let plain = Array(bytes.dropFirst())
        return first & 1 == 0 ? try checkKeyring(plain) : try checkLocation(plain)
    }

    private func checkKeyring(_ plain: [UInt8]) throws -> Bool {
        let object = try sealed(plain, .keyring)
        let opened = try accepted {
            try Keyring(opening: object, rootKey: rootKey, repository: .zero, object: "keyring")
        }
        guard let keyring = opened else { return false }
        try expect((1...1024).contains(keyring.masterKeys.count), "\(keyring.masterKeys.count) master keys")
        let again = try keyring.sealed(
            rootKey: rootKey, repository: .zero, session: .zero, suite: .aes256GCM, random: Fixed())
        try expect(again == object, "a keyring encodes to other bytes")
        try expect(try Keyring.union(of: [keyring, keyring]).masterKeys == keyring.masterKeys, "a union with itself")
        let writingKey = keyring.writingKey
        let named = keyring.masterKeys(epoch: writingKey.epoch, headerID: writingKey.headerID)
        try expect(named.first == writingKey, "the header of the newest key names another one")
        if keyring.masterKeys.count < 1024, writingKey.epoch < .max {
            let rotated = try keyring.rotated(created: 0)
            try expect(rotated.writingKey.epoch == writingKey.epoch + 1, "a rotation to \(rotated.writingKey.epoch)")
        }
        return true
    }

    private func checkLocation(_ plain: [UInt8]) throws -> Bool {
        let object = try sealed(plain, .location)
        let opened = try accepted {
            try LocationObject(opening: object, rootKey: rootKey, repository: .zero, object: "location")
        }
        guard let location = opened else { return false }
        let again = try location.sealed(
            rootKey: rootKey, repository: .zero, session: .zero, suite: .aes256GCM, random: Fixed())
        try expect(again == object, "a location object encodes to other bytes")
        return true
    }
}

/// `config`, which is plain JSON.
struct ConfigurationTarget: FuzzTarget {
    static let name = "config"

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let configuration = try accepted({ try RepositoryConfiguration(decoding: bytes) }) else { return false }
        try expect(try RepositoryConfiguration(decoding: configuration.encoded()) == configuration, "config changes")
        try expect((13...22).contains(configuration.chunker.bits), "chunks of 2^\(configuration.chunker.bits) bytes")
        let sizes = (1 << 20)...((1 << 30) - (1 << 26))
        try expect(sizes.contains(configuration.packSize), "packs of \(configuration.packSize) bytes")
        return true
    }
}
