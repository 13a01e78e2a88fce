import Backends
import Primitives
import Repositories
import Sealing
import TestSupport
import Testing

/// What stands in `keys/`, and what others may put there.
struct KeyObjectTests {
    private let backend = MemoryBackend()
    private let test: TestRepository

    init() throws { test = try TestRepository.make(at: backend) }

    private func object(_ type: ObjectType, in backend: MemoryBackend) throws -> (name: ObjectName, bytes: [UInt8]) {
        let found = try backend.names(in: .keys).first { try backend.read($0)[10] == type.rawValue }
        let name = try #require(found)
        return (name, try backend.read(name))
    }

    /// Puts an object under the name that fits its bytes, as anybody can who may write there.
    private func plant(_ bytes: [UInt8], in backend: MemoryBackend) {
        backend.put(ObjectName(.keys, TestDigest.sha256(bytes)), bytes)
    }

    @Test(arguments: [
        (24, 8, 1), (255, 8, 1), (9, 8, 1), (17, 65, 1), (17, 0, 1), (10, 8, 17), (10, 8, 0), (18, 64, 1),
    ])
    func costlyParametersNeverRunAndHinderNobody(log2N: UInt8, r: UInt32, p: UInt32) throws {
        let (name, original) = try object(.keySlot, in: backend)
        var bytes = original
        bytes[129] = log2N
        withUnsafeBytes(of: r.littleEndian) { bytes.replaceSubrange(132..<136, with: $0) }
        withUnsafeBytes(of: p.littleEndian) { bytes.replaceSubrange(136..<140, with: $0) }
        let beside = try backend.copy()
        plant(bytes, in: beside)
        let opened = try TestRepository.open(beside)
        #expect(opened.warnings.withLock { $0.contains { $0.contains("keys/") && $0.contains("scrypt") } })

        let alone = try backend.copy()
        plant(bytes, in: alone)
        alone.delete(name)
        let error = failure { try TestRepository.open(alone) }
        #expect(error?.kind == .damaged)
        #expect(error?.problem.contains(TestDigest.sha256(bytes).hex) == true)
    }

    /// The header of a slot is plain, so anybody can write one; what does not open is named and passed over.
    @Test(arguments: [ObjectType.keySlot, .keyring, .location])
    func plantedAndDamagedObjectsHinderNobody(type: ObjectType) throws {
        let (name, bytes) = try object(type, in: backend)
        for position in [140, 180, bytes.count - 1] {
            let beside = try backend.copy()
            var planted = bytes
            planted[position] ^= 1
            plant(planted, in: beside)
            let opened = try TestRepository.open(beside)
            // A slot with another commitment is one of another password, and nothing to speak of.
            if type != .keySlot {
                let isNamed = opened.warnings.withLock {
                    $0.contains { $0.contains(TestDigest.sha256(planted).hex) }
                }
                #expect(isNamed || type == .location, "\(type) at \(position)")
            }
            _ = try opened.backUp("db", [1, 2, 3])

            let instead = try beside.copy()
            instead.delete(name)
            let kind = failure { try TestRepository.open(instead) }?.kind
            // A slot ends with its description, without which it opens as well.
            let expected: [VarveError.Kind?] = type == .keySlot ? [.wrongPassword, .damaged, nil] : [.damaged]
            #expect(expected.contains(kind), "\(type) at \(position)")
        }
    }

    @Test(arguments: [ObjectType.keyring, .location])
    func whatIsMissingIsNamed(type: ObjectType) throws {
        let (name, _) = try object(type, in: backend)
        let damaged = try backend.copy()
        damaged.delete(name)
        let error = failure { try TestRepository.open(damaged) }
        #expect(error?.kind == .damaged)
        #expect(error?.problem.contains(type == .keyring ? "keyring" : "config") == true)
    }

    @Test func withoutAnySlotNoPasswordOpens() throws {
        let damaged = try backend.copy()
        damaged.delete(try object(.keySlot, in: backend).name)
        let error = failure { try TestRepository.open(damaged) }
        #expect(error?.kind == .wrongPassword)
        #expect(error?.problem.contains("no key slot") == true)
    }

    @Test func objectsOfOtherKindsAreNamedAndPassedOver() throws {
        let stray = try test.repository.keys.sealWholeObject([], type: .anchor, session: .zero)
        plant(stray, in: backend)
        plant([1, 2, 3], in: backend)
        let opened = try TestRepository.open(backend)
        #expect(opened.warnings.withLock { $0.count } == 2)
    }

    /// A rotation puts a second keyring beside the first: both count, and the newest key is used for writing.
    @Test func keyringsAreJoined() throws {
        let before = try test.backUp("db", Array("first".utf8)).snapshot
        let keys = test.repository.keys
        let rotated = try #require(keys.keyring).rotated(created: 1)
        plant(
            try rotated.sealed(
                rootKey: try #require(keys.rootKey), repository: keys.repository, session: .zero), in: backend)
        let opened = try TestRepository.open(backend)
        #expect(opened.repository.keys.keyring?.writingKey.epoch == 2)
        let after = try opened.backUp("db", Array("second".utf8)).snapshot
        let again = try TestRepository.open(backend)
        #expect(try again.read("db", of: before) == Array("first".utf8))
        #expect(try again.read("db", of: after) == Array("second".utf8))
    }

    @Test func anUnencryptedRepositoryOpensWithoutPasswordOnly() throws {
        let plain = MemoryBackend()
        let test = try TestRepository.make(at: plain, isEncrypted: false)
        let snapshot = try test.backUp("db", [1, 2, 3]).snapshot
        let opened = try TestRepository.open(plain, password: nil)
        #expect(try opened.read("db", of: snapshot) == [1, 2, 3])
        #expect(failure { try TestRepository.open(plain) }?.kind == .wrongPassword)
        #expect(failure { try opened.repository.listKeySlots() }?.kind == .usage)
        // Somebody says that it is encrypted: there is nothing then that a password could open.
        let text = String(decoding: try #require(try plain.readConfiguration()), as: UTF8.self)
        let changed = try plain.copy(
            configuration: Array(text.replacing("\"encrypted\" : false", with: "\"encrypted\" : true").utf8))
        #expect(failure { try TestRepository.open(changed) }?.kind == .wrongPassword)
    }

    /// The bytes of an encrypted repository in one that says it is not, and the other way round.
    @Test func encryptionCannotBeSwitchedOff() throws {
        _ = try test.backUp("db", [1, 2, 3])
        let text = String(decoding: try #require(try backend.readConfiguration()), as: UTF8.self)
        let changed = try backend.copy(
            configuration: Array(text.replacing("\"encrypted\" : true", with: "\"encrypted\" : false").utf8))
        #expect(failure { try TestRepository.open(changed) }?.kind == .wrongPassword)
        let opened = try TestRepository.open(changed, password: nil)
        #expect(try opened.snapshots().isEmpty)
        #expect(opened.warnings.withLock { $0.contains { $0.contains("is encrypted, and the repository is not") } })
    }

    @Test func passwordsAreAskedOnceAndOnlyWhereNeeded() throws {
        var asked: [Bool] = []
        let environment = TestRepository.environment()
        _ = try Repository.open(backend, environment: environment) { isEncrypted in
            asked.append(isEncrypted)
            return TestRepository.password
        }
        #expect(asked == [true])
    }
}
