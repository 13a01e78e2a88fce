import FormatVectors
import Primitives
import Testing

@testable import Sealing

private struct Headers: Decodable {
    struct Valid: Decodable {
        let type: UInt8
        let suite: UInt8
        let keyEpoch, keyId: UInt32
        let bytes: HexBytes
    }

    struct Invalid: Decodable {
        let description, directory: String
        let encrypted: Bool
        let bytes: HexBytes
    }

    let repository: HexBytes
    let valid: [Valid]
    let invalid: [Invalid]
}

/// `format-spec/layout.md`: which types belong into which directory.
private let types: [String: Set<ObjectType>] = [
    "data": [.dataPack, .metadataPack],
    "index": [.index, .condemnRecord, .drainRecord, .voidRecord, .forgetRecord, .damageRecord],
    "snapshots": [.snapshot], "keys": [.keySlot, .keyring, .location], "locks": [.anchor, .heartbeat],
]

/// `format-spec/vectors/header.json`: each header is taken where it belongs, and refused elsewhere.
@Suite struct HeaderVectorTests {
    private let headers: Headers
    private let keys: [Bool: RepositoryKeys]

    init() throws {
        headers = try Vectors.load("header")
        let named = try #require(headers.valid.first { $0.keyEpoch > 0 })
        let id = withUnsafeBytes(of: named.keyId.littleEndian) { Array($0) } + [UInt8](repeating: 0, count: 12)
        let masterKey = MasterKey(
            epoch: named.keyEpoch, id: try #require(Identifier(bytes: id)), key: makeSecret(1))
        let keyring = Keyring(
            masterKeys: [masterKey], chunkIDKey: makeSecret(2), chunkerKey: makeSecret(3), indexKey: makeSecret(4),
            created: 0)
        let repository = try headers.repository.identifier()
        keys = [
            true: RepositoryKeys(repository: repository, rootKey: makeSecret(5), keyring: keyring),
            false: .none(repository: repository),
        ]
    }

    private func read(_ bytes: [UInt8], directory: String, encrypted: Bool) throws {
        let keys = try #require(keys[encrypted])
        let header = try ObjectHeader(decoding: bytes[...], of: "object")
        guard try #require(types[directory]).contains(header.type) else { throw VarveError.damaged("object", "type") }
        _ = try keys.keyMaterial(for: header, object: "object")
    }

    @Test func validHeadersAreTaken() throws {
        for example in headers.valid where example.type != ObjectType.keySlot.rawValue {
            let type = try #require(ObjectType(rawValue: example.type))
            let directory = try #require(types.first { $0.value.contains(type) }).key
            try read(example.bytes.bytes, directory: directory, encrypted: example.suite != 0)
        }
    }

    @Test func invalidHeadersAreRefused() throws {
        #expect(!headers.invalid.isEmpty)
        for example in headers.invalid {
            #expect(throws: VarveError.self, "\(example.description)") {
                try read(example.bytes.bytes, directory: example.directory, encrypted: example.encrypted)
            }
        }
    }
}
