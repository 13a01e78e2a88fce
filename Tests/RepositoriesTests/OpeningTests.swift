import Backends
import Primitives
import Repositories
import Sealing
import TestSupport
import Testing

struct OpeningTests {
    private func configuration(_ backend: MemoryBackend) throws -> String {
        String(decoding: try backend.readConfiguration() ?? [], as: UTF8.self)
    }

    /// A copy of the repository with another `config`.
    private func copy(_ backend: MemoryBackend, configuration: String) throws -> MemoryBackend {
        let copy = MemoryBackend()
        for object in try backend.list(.keys) {
            copy.put(ObjectName(.keys, object.id), try backend.read(ObjectName(.keys, object.id)))
        }
        try copy.writeConfiguration(Array(configuration.utf8))
        return copy
    }

    private func kind(_ body: () throws -> Void) -> VarveError.Kind? {
        do {
            try body()
            return nil
        } catch {
            return (error as? VarveError)?.kind
        }
    }

    @Test func theRightPasswordOpensAndNoOther() throws {
        let backend = MemoryBackend()
        _ = try TestRepository.make(at: backend)
        _ = try TestRepository.open(backend)
        #expect(kind { _ = try TestRepository.open(backend, password: SecretBytes([1])) } == .wrongPassword)
        #expect(kind { _ = try TestRepository.open(backend, password: nil) } == .wrongPassword)
        #expect(kind { _ = try TestRepository.open(MemoryBackend()) } == .repositoryMissing)
        #expect(kind { _ = try TestRepository.make(at: backend) } == .repositoryExists)
    }

    @Test func aChangedConfigurationIsRefused() throws {
        let backend = MemoryBackend()
        _ = try TestRepository.make(at: backend)
        let text = try configuration(backend)
        let changes: [(String, String, VarveError.Kind)] = [
            ("\"packSize\" : 1048576", "\"packSize\" : 2097152", .damaged),
            ("\"chunkerBits\" : 15", "\"chunkerBits\" : 16", .damaged),
            ("\"chunkerBits\" : 15", "\"chunkerBits\" : 99", .damaged),
            ("\"encrypted\" : true", "\"encrypted\" : false", .wrongPassword),
            ("\"version\" : 1", "\"version\" : 2", .unsupported),
            ("\"mustUnderstand\" : [\n\n  ]", "\"mustUnderstand\" : [\"x\"]", .unsupported),
            ("\"format\" : \"varve\"", "\"format\" : \"other\"", .damaged), ("{", "", .damaged),
        ]
        for (old, new, expected) in changes {
            let changed = text.replacing(old, with: new)
            #expect(changed != text, "\(old)")
            let copy = try copy(backend, configuration: changed)
            #expect(kind { _ = try TestRepository.open(copy) } == expected, "\(new)")
        }
    }

    @Test func everyFlippedBitInKeysIsNoticedOrHarmless() throws {
        let backend = MemoryBackend()
        _ = try TestRepository.make(at: backend)
        for object in try backend.list(.keys) {
            for position in stride(from: 0, to: Int(object.size), by: 7) {
                let copy = try copy(backend, configuration: try configuration(backend))
                copy.tamper(with: ObjectName(.keys, object.id)) { bytes in
                    var bytes = bytes
                    bytes[position] ^= 0x10
                    return bytes
                }
                #expect(kind { _ = try TestRepository.open(copy) } == .damaged, "\(position)")
            }
        }
    }

    @Test func costlyPasswordParametersAreRefusedBeforeTheyRun() throws {
        let backend = MemoryBackend()
        _ = try TestRepository.make(at: backend)
        let slots = try backend.list(.keys).filter { try backend.read(ObjectName(.keys, $0.id))[10] == 10 }
        let slot = try #require(slots.first)
        var bytes = try backend.read(ObjectName(.keys, slot.id))
        // log2 N = 33 would take a terabyte; a server may give such an object its right name.
        bytes[129] = 33
        let bad = MemoryBackend()
        for object in try backend.list(.keys) where object.id != slot.id {
            bad.put(ObjectName(.keys, object.id), try backend.read(ObjectName(.keys, object.id)))
        }
        bad.put(ObjectName(.keys, TestDigest.sha256(bytes)), bytes)
        try bad.writeConfiguration(try backend.readConfiguration() ?? [])
        #expect(kind { _ = try TestRepository.open(bad) } == .damaged)
    }

    @Test func passwordsComeAndGo() throws {
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend)
        let second = SecretBytes(Array("second".utf8))
        let added = try test.repository.addKeySlot(password: second, label: "two")
        _ = try TestRepository.open(backend, password: second)
        #expect(try test.repository.listKeySlots().map(\.description.label).sorted() == ["", "two"])
        let first = try #require(try test.repository.keySlot(openedBy: TestRepository.password))
        _ = try test.repository.removeKeySlot(prefix: first.id.hex)
        #expect(kind { _ = try TestRepository.open(backend) } == .wrongPassword)
        #expect(kind { _ = try test.repository.removeKeySlot(prefix: added.id.hex) } == .usage)
        #expect(kind { _ = try test.repository.removeKeySlot(prefix: "ffff") } == .notFound)
    }

    @Test func aTierSharesKeysAndHasItsOwnPassword() throws {
        let test = try TestRepository.make()
        let backend = MemoryBackend()
        let other = SecretBytes(Array("other".utf8))
        let tier = try test.repository.createTier(at: backend, label: "tier", password: other)
        #expect(tier.configuration.repository == test.repository.configuration.repository)
        #expect(tier.configuration.location != test.repository.configuration.location)
        let opened = try TestRepository.open(backend, password: other)
        let bytes: [UInt8] = [1, 2, 3]
        let ids = [test.repository, opened.repository].map { repository in
            bytes.withUnsafeBytes { repository.hasher.id(of: $0, as: .data) }
        }
        #expect(ids[0] == ids[1])
    }

    @Test func objectsOfABrokenInitAreIgnored() throws {
        let backend = MemoryBackend()
        _ = try TestRepository.make(at: backend)
        let stranger = MemoryBackend()
        _ = try TestRepository.make(at: stranger)
        for object in try stranger.list(.keys) {
            backend.put(ObjectName(.keys, object.id), try stranger.read(ObjectName(.keys, object.id)))
        }
        _ = try TestRepository.open(backend)
    }
}
