import Primitives
import Testing

@testable import Sealing

private func makeMasterKey(_ epoch: UInt32, id: UInt8, key: UInt64 = 1) throws -> MasterKey {
    let id = try #require(Identifier(bytes: [id] + [UInt8](repeating: 0, count: 15)))
    return MasterKey(epoch: epoch, id: id, key: makeSecret(key))
}

private func makeKeyring(_ masterKeys: [MasterKey], chunkIDKey: UInt64 = 2) -> Keyring {
    Keyring(
        masterKeys: masterKeys, chunkIDKey: makeSecret(chunkIDKey), chunkerKey: makeSecret(3), indexKey: makeSecret(4),
        created: 1_700_000_000_123)
}

@Suite struct KeyringTests {
    @Test func comesBackFromItsObject() throws {
        let keyring = makeKeyring([
            try makeMasterKey(1, id: 9), try makeMasterKey(2, id: 3), try makeMasterKey(2, id: 4),
        ])
        let bytes = try keyring.sealed(
            rootKey: makeSecret(5), repository: makeIdentifier(1), session: makeIdentifier(2))
        let opened = try Keyring(
            opening: bytes, rootKey: makeSecret(5), repository: makeIdentifier(1), object: "keyring")
        #expect(opened == keyring)
        #expect(throws: VarveError.self) {
            try Keyring(opening: bytes, rootKey: makeSecret(6), repository: makeIdentifier(1), object: "keyring")
        }
        #expect(throws: VarveError.self) {
            try Keyring(opening: bytes, rootKey: makeSecret(5), repository: makeIdentifier(2), object: "keyring")
        }
        #expect(throws: VarveError.self) {
            try LocationObject(
                opening: bytes, rootKey: makeSecret(5), repository: makeIdentifier(1), object: "location")
        }
    }

    @Test func layoutIsThatOfTheSpecification() throws {
        let keyring = makeKeyring([try makeMasterKey(0x0102, id: 9)])
        let expected =
            [1, 0, 0, 0, 2, 1, 0, 0] + keyring.masterKeys[0].id.bytes + bytes(of: makeSecret(1))
            + bytes(of: makeSecret(2))
            + bytes(of: makeSecret(3)) + bytes(of: makeSecret(4)) + [0x7b, 0x68, 0xe5, 0xcf, 0x8b, 0x01, 0, 0]
        #expect(keyring.plainBytes == expected)
    }

    @Test func malformedBytesAreRefused() throws {
        func refused(_ masterKeys: [MasterKey]) -> Bool {
            (try? Keyring(decodingPlain: makeKeyring(masterKeys).plainBytes)) == nil
        }
        #expect(refused([]))
        #expect(refused([try makeMasterKey(0, id: 1)]))
        #expect(refused([try makeMasterKey(2, id: 1), try makeMasterKey(1, id: 1)]))
        #expect(refused([try makeMasterKey(1, id: 2), try makeMasterKey(1, id: 1)]))
        #expect(refused([try makeMasterKey(1, id: 1), try makeMasterKey(1, id: 1)]))
        let bytes = makeKeyring([try makeMasterKey(1, id: 1)]).plainBytes
        #expect(throws: MalformedBytes.self) { try Keyring(decodingPlain: bytes + [0]) }
        for length in 0..<bytes.count {
            #expect(throws: MalformedBytes.self) { try Keyring(decodingPlain: Array(bytes[..<length])) }
        }
        let many = try (1...1025).map { try makeMasterKey(UInt32($0), id: 1) }
        #expect(refused(many))
        #expect(!refused(Array(many.dropLast())))
    }

    @Test func unionHoldsTheKeysOfAll() throws {
        let old = try makeMasterKey(1, id: 1)
        let a = try makeMasterKey(2, id: 7)
        let b = try makeMasterKey(2, id: 3)
        let union = try Keyring.union(of: [makeKeyring([old, a]), makeKeyring([old, b]), makeKeyring([old])])
        #expect(union.masterKeys == [old, b, a])
        #expect(union.writingKey == b)
        #expect(union.masterKeys(epoch: 2, headerID: 7) == [a])
        #expect(union.masterKeys(epoch: 1, headerID: 7).isEmpty)
        #expect(union.masterKeys(epoch: 3, headerID: 3).isEmpty)
    }

    @Test func keyringsThatContradictEachOtherAreRefused() throws {
        let key = try makeMasterKey(1, id: 1)
        let same = try makeMasterKey(1, id: 1, key: 99)
        #expect(throws: VarveError.self) { try Keyring.union(of: []) }
        #expect(throws: VarveError.self) { try Keyring.union(of: [makeKeyring([key]), makeKeyring([same])]) }
        #expect(throws: VarveError.self) {
            try Keyring.union(of: [makeKeyring([key]), makeKeyring([key], chunkIDKey: 99)])
        }
    }

    @Test func rotationAddsTheNextEpoch() throws {
        let first = Keyring(created: 1)
        #expect(first.masterKeys.map(\.epoch) == [1])
        let second = try first.rotated(created: 2)
        #expect(second.masterKeys.map(\.epoch) == [1, 2])
        #expect(second.masterKeys.first == first.masterKeys.first)
        #expect(second.writingKey.epoch == 2)
        #expect(second.writingKey.key != first.writingKey.key)
        #expect(second.chunkIDKey == first.chunkIDKey && second.created == 2)
        #expect(
            Set([first.chunkIDKey, first.chunkerKey, first.indexKey, first.writingKey.key].map(bytes(of:))).count == 4)
    }

    @Test func aFullKeyringIsRefused() throws {
        let full = makeKeyring(try (1...1024).map { try makeMasterKey(UInt32($0), id: 1) })
        let error = #expect(throws: VarveError.self) { try full.rotated(created: 2) }
        #expect(error?.kind == .usage)
        let last = makeKeyring([try makeMasterKey(.max, id: 1)])
        #expect(throws: VarveError.self) { try last.rotated(created: 2) }
        // Rotations at once may come to more than one keyring holds: they are read, and not written.
        let union = try Keyring.union(of: [full, makeKeyring([try makeMasterKey(1024, id: 2)])])
        #expect(union.masterKeys.count == 1025)
        #expect(throws: VarveError.self) {
            try union.sealed(rootKey: makeSecret(5), repository: makeIdentifier(1), session: makeIdentifier(2))
        }
    }

    @Test func locationObjectComesBack() throws {
        let digest = try #require(Digest(bytes: FixedRandom(seed: 8).bytes(32)))
        let location = LocationObject(location: makeIdentifier(7), configDigest: digest, created: 258)
        #expect(location.plainBytes == makeIdentifier(7).bytes + digest.bytes + [2, 1, 0, 0, 0, 0, 0, 0])
        let bytes = try location.sealed(
            rootKey: makeSecret(5), repository: makeIdentifier(1), session: makeIdentifier(2))
        let opened = try LocationObject(
            opening: bytes, rootKey: makeSecret(5), repository: makeIdentifier(1), object: "location")
        #expect(opened == location)
        #expect(throws: VarveError.self) {
            try LocationObject(
                opening: bytes, rootKey: makeSecret(6), repository: makeIdentifier(1), object: "location")
        }
        #expect(throws: MalformedBytes.self) { try LocationObject(decodingPlain: location.plainBytes + [0]) }
        #expect(throws: MalformedBytes.self) { try LocationObject(decodingPlain: location.plainBytes.dropLast()) }
    }
}
