import Backends
import Primitives
import Repositories
import Sealing
import SeededData
import TestSupport
import Testing

/// `key rotate`, and what those see who had the repository open before.
struct RotationTests {
    private let backend = MemoryBackend()
    private let test: TestRepository

    init() throws { test = try TestRepository.make(at: backend) }

    /// The key epochs that the headers of a folder's objects name.
    private func epochs(in folder: StorageFolder) throws -> [UInt32] {
        try backend.names(in: folder).map { name in
            try ObjectHeader(decoding: try backend.read(name)[...], of: "\(name)").keyEpoch
        }.sorted()
    }

    private func objects(_ type: ObjectType, in folder: StorageFolder) throws -> [ObjectName] {
        try backend.names(in: folder).filter { try backend.read($0)[10] == type.rawValue }
    }

    @Test func oldAndNewAreReadAndTheNewIsSealedWithTheNewKey() throws {
        let old = try test.backUp("db", Array("first".utf8)).snapshot
        let key = try test.repository.rotateMasterKey()
        #expect(key.epoch == 2 && key.isNewest)
        // A command of its own, as after a real rotation.
        let opened = try TestRepository.open(backend)
        let new = try opened.backUp("db", Array("second".utf8)).snapshot
        #expect(try epochs(in: .snapshots) == [1, 2])
        #expect(try epochs(in: .data) == [1, 1, 2, 2])
        #expect(try epochs(in: .index).allSatisfy { $0 == 0 })
        for reader in [test, opened, try TestRepository.open(backend)] {
            #expect(try reader.read("db", of: old) == Array("first".utf8))
            #expect(try reader.read("db", of: new) == Array("second".utf8))
        }
        #expect(opened.warnings.withLock { $0 } == [])
    }

    /// What is known stays known: a rotation changes neither chunk IDs nor where streams are cut.
    @Test func whatIsKnownIsNotStoredAgain() throws {
        var random = SeededRandom(seed: 7)
        let bytes = random.bytes(300_000)
        _ = try test.backUp("db", bytes)
        let packs = try objects(.dataPack, in: .data)
        _ = try test.repository.rotateMasterKey()
        let again = try TestRepository.open(backend).backUp("db", bytes)
        #expect(try objects(.dataPack, in: .data) == packs)
        #expect(try TestRepository.open(backend).read("db", of: again.snapshot) == bytes)
    }

    /// A process that opened the repository before goes on with its key; once it meets an object of the new one it reads the
    /// keyrings again.
    @Test func whoHadItOpenGoesOn() throws {
        let early = try TestRepository.open(backend)
        let late = try TestRepository.open(backend)
        _ = try test.repository.rotateMasterKey()
        let byOldKey = try early.backUp("db", Array("old key".utf8)).snapshot
        #expect(try epochs(in: .snapshots) == [1])
        let opened = try TestRepository.open(backend)
        let byNewKey = try opened.backUp("db", Array("new key".utf8)).snapshot
        for reader in [early, late, opened] {
            #expect(try reader.snapshots().count == 2)
            #expect(try reader.read("db", of: byOldKey) == Array("old key".utf8))
            #expect(try reader.read("db", of: byNewKey) == Array("new key".utf8))
            #expect(reader.warnings.withLock { $0 } == [])
        }
        // Now they have met the new key, and use it.
        _ = try early.backUp("db", Array("third".utf8))
        #expect(try epochs(in: .snapshots) == [1, 2, 2])
    }

    @Test func twoAtOnceDoNoHarm() throws {
        let base = try test.backUp("db", Array("base".utf8)).snapshot
        let other = MemoryBackend()
        for name in try backend.names(in: .keys) { other.put(name, try backend.read(name)) }
        try other.writeConfiguration(try #require(try backend.readConfiguration()))
        // Neither sees the other's keyring.
        let a = try test.repository.rotateMasterKey()
        let b = try TestRepository.open(other).repository.rotateMasterKey()
        #expect(a.epoch == 2 && b.epoch == 2 && a.id != b.id)
        let byA = try test.backUp("db", Array("a".utf8)).snapshot
        for name in try other.names(in: .keys) { backend.put(name, try other.read(name)) }

        let opened = try TestRepository.open(backend)
        let listed = try opened.repository.listMasterKeys()
        #expect(listed.map(\.epoch) == [1, 2, 2])
        #expect(Set(listed.dropFirst().map(\.id)) == [a.id, b.id])
        // The rule of format-spec/keys.md: the smallest id among equals.
        let newest = a.id.bytes.lexicographicallyPrecedes(b.id.bytes) ? a.id : b.id
        #expect(listed.filter(\.isNewest).map(\.id) == [newest])
        let byNewest = try opened.backUp("db", Array("newest".utf8)).snapshot
        for (snapshot, text) in [(base, "base"), (byA, "a"), (byNewest, "newest")] {
            #expect(try opened.read("db", of: snapshot) == Array(text.utf8))
            #expect(try test.read("db", of: snapshot) == Array(text.utf8))
        }
        #expect(try opened.repository.rotateMasterKey().epoch == 3)
        #expect(try test.repository.rotateMasterKey().epoch == 4, "a rotation begins with what stands in keys/")
    }

    @Test func whatIsListedSaysWhenAKeyCameAndWhichIsNewest() throws {
        let before = try test.repository.listMasterKeys()
        #expect(before.map(\.epoch) == [1] && before.map(\.isNewest) == [true])
        let key = try test.repository.rotateMasterKey()
        let after = try test.repository.listMasterKeys()
        #expect(after.map(\.isNewest) == [false, true])
        #expect(after.first?.creationTime == before.first?.creationTime)
        #expect(after.last == key)
        #expect(try test.repository.listKeySlots().count == 1)
    }

    /// One object is put: a rotation is done or it is not.
    @Test(arguments: [FaultyBackend.Fault.fail, .failAfterwards]) func aRotationThatFails(fault: FaultyBackend.Fault)
        throws
    {
        let snapshot = try test.backUp("db", Array("kept".utf8)).snapshot
        let faulty = FaultyBackend(backend)
        let opened = try TestRepository.open(faulty)
        faulty.setRule { operation, _ in operation == .put(.keys) ? fault : .none }
        #expect(failure { try opened.repository.rotateMasterKey() }?.kind == .storage)
        faulty.setRule { _, _ in .none }
        let isThere = if case .failAfterwards = fault { true } else { false }
        #expect(try TestRepository.open(backend).repository.listMasterKeys().count == (isThere ? 2 : 1))
        #expect(try opened.repository.rotateMasterKey().epoch == (isThere ? 3 : 2))
        #expect(try TestRepository.open(backend).read("db", of: snapshot) == Array("kept".utf8))
    }

    /// The new keyring holds all keys, so that one that is damaged is not missed.
    @Test func aDamagedKeyringHindersNobody() throws {
        let first = try test.backUp("db", Array("first".utf8)).snapshot
        let old = Set(try backend.names(in: .keys))
        _ = try test.repository.rotateMasterKey()
        let rings = try objects(.keyring, in: .keys)
        #expect(rings.count == 2)
        let before = try backend.copy()
        for ring in rings where old.contains(ring) { before.flip(ring, at: 200) }
        let opened = try TestRepository.open(before)
        #expect(try opened.read("db", of: first) == Array("first".utf8))
        #expect(try opened.repository.rotateMasterKey().epoch == 3)
        // Without the new one it is as if there had been no rotation; the next one gives another key.
        let after = try backend.copy()
        for ring in rings where !old.contains(ring) { after.flip(ring, at: 200) }
        let without = try TestRepository.open(after)
        #expect(try without.repository.rotateMasterKey().epoch == 2)
        #expect(try TestRepository.open(after).read("db", of: first) == Array("first".utf8))
    }

    /// What names a key that no keyring has is damaged; the keyrings are read once for it, not again and again.
    @Test func aKeyThatIsNowhereIsLookedForOnce() throws {
        let faulty = FaultyBackend(backend)
        let opened = try TestRepository.open(faulty)
        _ = try test.repository.rotateMasterKey()
        let header = test.repository.keys.makeHeader(type: .snapshot, session: .zero)
        for name in try objects(.keyring, in: .keys) { backend.delete(name) }
        faulty.setRule { _, _ in .none }
        let error = failure { try opened.repository.sealer(for: header, object: "object") }
        #expect(error?.kind == .damaged && error?.problem.contains("epoch 2") == true)
        #expect(faulty.operationCount > 0)
        faulty.setRule { _, _ in .none }
        #expect(failure { try opened.repository.sealer(for: header, object: "object") } == error)
        #expect(faulty.operationCount == 0)
    }

    @Test func anUnencryptedRepositoryHasNothingToRotate() throws {
        let plain = MemoryBackend()
        let error = failure { try TestRepository.make(at: plain, isEncrypted: false).repository.rotateMasterKey() }
        #expect(error?.kind == .usage && error?.problem.contains("not encrypted") == true)
        #expect(try plain.names(in: .keys).isEmpty)
    }

    /// Each place of a family rotates by itself; a keyring that travels brings its keys along.
    @Test func familiesShareTheirKeyrings() throws {
        _ = try test.repository.rotateMasterKey()
        let place = MemoryBackend()
        _ = try test.repository.createTier(at: place, label: "", password: TestRepository.password)
        let tier = try TestRepository.open(place)
        #expect(try tier.repository.listMasterKeys().map(\.epoch) == [1, 2])
        let old = Set(try backend.names(in: .keys))
        let key = try test.repository.rotateMasterKey()
        #expect(try tier.repository.listMasterKeys().count == 2)
        for name in try backend.names(in: .keys) where !old.contains(name) { place.put(name, try backend.read(name)) }
        #expect(try TestRepository.open(place).repository.listMasterKeys().last == key)
    }
}
