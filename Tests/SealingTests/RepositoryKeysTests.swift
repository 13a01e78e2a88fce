import Primitives
import Testing

@testable import Sealing

private let repository = makeIdentifier(100)
private let session = makeIdentifier(101)

private func makeKeys() throws -> RepositoryKeys {
    RepositoryKeys(
        repository: repository, rootKey: makeSecret(1), keyring: try Keyring(created: 1).rotated(created: 2))
}

@Suite struct RepositoryKeysTests {
    @Test func objectsOfEveryTypeOpen() throws {
        for keys in [try makeKeys(), .none(repository: repository)] {
            for type in ObjectType.allCases where type != .keySlot {
                let bytes = try keys.sealWholeObject([1, 2, 3], type: type, session: session)
                let (header, plain) = try keys.openWholeObject(bytes, types: [type], object: "object")
                #expect(plain == [1, 2, 3])
                #expect(header.type == type && header.session == session && header.repository == repository)
                #expect(header.suite == keys.suite)
                #expect(header.keyMode == (keys.isEncrypted ? type.keyMode : .none))
                #expect((header.keyEpoch > 0) == (keys.isEncrypted && type.keyMode == .master))
                #expect((header.keyID != 0) == (header.keyEpoch > 0))
            }
        }
    }

    @Test func writesWithTheNewestKeyAndReadsWithAll() throws {
        let keyring = Keyring(created: 1)
        let before = RepositoryKeys(repository: repository, rootKey: makeSecret(1), keyring: keyring)
        let old = try before.sealWholeObject([1], type: .snapshot, session: session)
        let after = RepositoryKeys(
            repository: repository, rootKey: makeSecret(1), keyring: try keyring.rotated(created: 2))
        #expect(try after.openWholeObject(old, types: [.snapshot], object: "snapshot").plain == [1])
        let new = try after.sealWholeObject([2], type: .snapshot, session: session)
        #expect(try ObjectHeader(decoding: new[...], of: "snapshot").keyEpoch == 2)
        #expect(throws: VarveError.self) { try before.openWholeObject(new, types: [.snapshot], object: "snapshot") }
        // K_index does not rotate.
        let index = try after.sealWholeObject([3], type: .index, session: session)
        #expect(try before.openWholeObject(index, types: [.index], object: "index").plain == [3])
    }

    /// Two rotations at once, whose ids begin alike by chance: a header names both.
    @Test func keysOfOneNameAreTriedInTurn() throws {
        let start = FixedRandom(seed: 50).bytes(4)
        let masterKeys = try [UInt64(60), 61].enumerated().map { index, seed in
            let id = try #require(Identifier(bytes: start + [UInt8(index)] + FixedRandom(seed: seed).bytes(11)))
            return MasterKey(epoch: 2, id: id, key: makeSecret(seed))
        }
        func keys(_ masterKeys: [MasterKey]) -> RepositoryKeys {
            RepositoryKeys(
                repository: repository, rootKey: makeSecret(1),
                keyring: Keyring(
                    masterKeys: masterKeys, chunkIDKey: makeSecret(2), chunkerKey: makeSecret(3),
                    indexKey: makeSecret(4), created: 0))
        }
        let both = keys(masterKeys)
        for (number, key) in masterKeys.enumerated() {
            let alone = keys([key])
            let bytes = try alone.sealWholeObject([1, 2, 3], type: .snapshot, session: session)
            #expect(try both.openWholeObject(bytes, types: [.snapshot], object: "snapshot").plain == [1, 2, 3])
            // The smallest id writes.
            let new = try both.sealWholeObject([4], type: .snapshot, session: session)
            let opened = try? alone.openWholeObject(new, types: [.snapshot], object: "snapshot").plain
            #expect(opened == (number == 0 ? [4] : nil))
            var damaged = bytes
            damaged[150] ^= 1
            #expect(throws: VarveError.self) {
                try both.openWholeObject(damaged, types: [.snapshot], object: "snapshot")
            }
        }
    }

    @Test func aKeyringOfALaterRotationIsAdded() throws {
        let keyring = Keyring(created: 1)
        let rotated = try keyring.rotated(created: 2)
        let before = RepositoryKeys(repository: repository, rootKey: makeSecret(1), keyring: keyring)
        let after = RepositoryKeys(repository: repository, rootKey: makeSecret(1), keyring: rotated)
        let header = after.makeHeader(type: .dataPack, session: session)
        #expect(before.lacksMasterKey(of: header))
        #expect(!after.lacksMasterKey(of: header))
        #expect(try before.adding(rotated).keyring == rotated)
        #expect(!before.lacksMasterKey(of: after.makeHeader(type: .index, session: session)))
        var foreign = header
        foreign.repository = makeIdentifier(999)
        #expect(!before.lacksMasterKey(of: foreign))
        let open = RepositoryKeys.none(repository: repository)
        #expect(!open.lacksMasterKey(of: header))
        #expect(try open.adding(rotated).keyring == nil)
        #expect(throws: VarveError.self) { try before.adding(Keyring(created: 3)) }
    }

    /// The storage must not be able to switch encryption off, nor mix repositories up.
    @Test func whatDoesNotBelongHereIsRefused() throws {
        let keys = try makeKeys()
        let open = RepositoryKeys.none(repository: repository)
        func expectRefusal(_ keys: RepositoryKeys, _ header: ObjectHeader) {
            let error = #expect(throws: VarveError.self) { try keys.keyMaterial(for: header, object: "object") }
            #expect(error?.kind == .damaged)
        }
        expectRefusal(keys, open.makeHeader(type: .snapshot, session: session))
        expectRefusal(open, keys.makeHeader(type: .snapshot, session: session))
        for (suite, mode) in [(CipherSuite.none, KeyMode.master), (.aes256GCM, .none)] {
            var header = keys.makeHeader(type: .snapshot, session: session)
            header.suite = suite
            header.keyMode = mode
            expectRefusal(keys, header)
            expectRefusal(open, header)
        }
        var header = keys.makeHeader(type: .snapshot, session: session)
        header.keyMode = .index
        expectRefusal(keys, header)
        header = keys.makeHeader(type: .index, session: session)
        header.repository = makeIdentifier(999)
        expectRefusal(keys, header)
        header = keys.makeHeader(type: .dataPack, session: session)
        header.keyEpoch += 1
        expectRefusal(keys, header)
        expectRefusal(keys, makeHeader(.keySlot))
    }

    @Test func typesThatDoNotBelongThereAreRefused() throws {
        let keys = try makeKeys()
        let bytes = try keys.sealWholeObject([1], type: .anchor, session: session)
        #expect(throws: VarveError.self) { try keys.openWholeObject(bytes, types: [.heartbeat], object: "object") }
    }

    @Test func saltsAreFresh() throws {
        let keys = try makeKeys()
        let salts = (0..<50).map { _ in keys.makeHeader(type: .dataPack, session: session).salt }
        #expect(Set(salts).count == 50)
    }

    /// `format-spec/keys.md`, "Chunker keys".
    @Test func chunkerKeysAreDerivedFromTheirOwnKey() throws {
        let keys = try makeKeys()
        let open = RepositoryKeys.none(repository: repository)
        #expect(bytes(of: open.chunkerKey) == [UInt8](repeating: 0, count: 32))
        #expect(open.chunkIDKey == nil && open.rootKey == nil && open.keyring == nil)
        #expect(keys.chunkerKey == keys.keyring?.chunkerKey)
        #expect(keys.chunkerPRFKey.count == 16)
        #expect(keys.chunkerPRFKey != open.chunkerPRFKey)
        let draws = [0, 1, 2].map { keys.chunkerMultiplierBytes(draw: $0) }
        #expect(Set(draws).count == 3 && draws.allSatisfy { $0.count == 10 })
        let expected = KeyDerivation.hkdf(
            keys.chunkerKey, salt: [], info: Array("varve1 chunker multipliers".utf8) + [2], count: 10)
        #expect(bytes(of: expected) == draws[2])
    }

    @Test func libraryNamesItself() {
        #expect(OpenSSL.libraryVersion.hasPrefix("OpenSSL "))
        #expect(CipherSuite.preferred != .none)
    }
}
