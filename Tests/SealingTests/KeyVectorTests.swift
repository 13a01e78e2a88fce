import FormatVectors
import Primitives
import Testing

@testable import Sealing

private struct Keys: Decodable {
    struct Derived: Decodable {
        let ikm, salt, info, output: HexBytes
        let length: Int
    }

    struct ObjectKey: Decodable {
        let ikm, header, key, nonceKey: HexBytes
    }

    struct Scrypt: Decodable {
        let password, salt, output: HexBytes
        let logN, r, p: Int
    }

    struct ChunkerKeys: Decodable {
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K_chunk: HexBytes
        let prfKey: HexBytes
        let n: UInt8
        let multipliers: [UInt16]
        let passedOver: [[UInt16]]
    }

    let hkdf: [Derived]
    let objectKeys: [ObjectKey]
    let scrypt: [Scrypt]
    let chunkerKeys: [ChunkerKeys]
}

/// What is derived in `format-spec/vectors/keys.json`.
@Suite struct KeyVectorTests {
    private let keys: Keys

    init() throws { keys = try Vectors.load("keys") }

    @Test func derivedKeys() {
        #expect(!keys.hkdf.isEmpty)
        for example in keys.hkdf {
            let key = KeyDerivation.hkdf(
                SecretBytes(example.ikm.bytes), salt: example.salt.bytes, info: example.info.bytes,
                count: example.length)
            #expect(bytes(of: key) == example.output.bytes)
        }
    }

    @Test func objectKeys() throws {
        #expect(!keys.objectKeys.isEmpty)
        for example in keys.objectKeys {
            let header = try ObjectHeader(decoding: example.header.bytes[...], of: "object")
            let derived = ObjectSealer(header: header, keyMaterial: SecretBytes(example.ikm.bytes)).keys
            #expect(derived.map { bytes(of: $0.object) } == example.key.bytes)
            #expect(derived.map { bytes(of: $0.nonce) } == example.nonceKey.bytes)
        }
    }

    @Test func passwordKeys() throws {
        #expect(!keys.scrypt.isEmpty)
        for example in keys.scrypt {
            let key = try KeyDerivation.scrypt(
                password: SecretBytes(example.password.bytes), salt: example.salt.bytes,
                parameters: ScryptParameters(log2N: example.logN, r: example.r, p: example.p))
            #expect(bytes(of: key) == example.output.bytes)
        }
    }

    /// Five odd little-endian numbers are drawn; which draw is taken is the chunker's concern.
    @Test func chunkerKeys() throws {
        #expect(keys.chunkerKeys.contains { $0.n > 0 })
        for example in keys.chunkerKeys {
            let keyring = Keyring(
                masterKeys: [MasterKey(epoch: 1, id: .zero, key: makeSecret(1))], chunkIDKey: makeSecret(2),
                chunkerKey: SecretBytes(example.K_chunk.bytes), indexKey: makeSecret(3), created: 0)
            let keys = RepositoryKeys(repository: .zero, rootKey: makeSecret(4), keyring: keyring)
            #expect(keys.chunkerPRFKey == example.prfKey.bytes)
            #expect(example.passedOver.count == Int(example.n))
            for (draw, numbers) in (example.passedOver + [example.multipliers]).enumerated() {
                let drawn = keys.chunkerMultiplierBytes(draw: UInt8(draw))
                #expect(
                    stride(from: 0, to: 10, by: 2).map { UInt16(drawn[$0]) | UInt16(drawn[$0 + 1]) << 8 | 1 } == numbers
                )
            }
        }
    }
}
