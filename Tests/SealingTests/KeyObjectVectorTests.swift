import FormatVectors
import Primitives
import Testing

@testable import Sealing

private struct Keys: Decodable {
    struct Slots: Decodable {
        struct Valid: Decodable {
            let password, header, rootKey, description, bytes: HexBytes
            let logN, r, p: Int
        }

        struct Invalid: Decodable {
            let description, reason: String
            let password, bytes: HexBytes
        }

        struct Parameters: Decodable {
            let logN, r, p: Int
        }

        struct WrongPassword: Decodable {
            let slot: Int
            let password: HexBytes
        }

        let valid: [Valid]
        let invalid: [Invalid]
        let allowedParameters: [Parameters]
        let wrongPasswords: [WrongPassword]
    }

    struct Keyrings: Decodable {
        struct MasterKey: Decodable {
            let epoch: UInt32
            let id, key: HexBytes
        }

        struct Choice: Decodable {
            let epoch: UInt32
            let id: HexBytes
        }

        // swift-format-ignore: AlwaysUseLowerCamelCase
        struct Valid: Decodable {
            let masterKeys: [MasterKey]
            let K_id, K_chunk, K_index: HexBytes
            let created: String
            let plain, rootKey, header, bytes: HexBytes
            let writersChoice: Choice
        }

        struct Invalid: Decodable {
            let description: String
            let plain: HexBytes
        }

        struct Disagreeing: Decodable {
            let description: String
            let plain: [HexBytes]
        }

        let valid: [Valid]
        let invalid: [Invalid]
        let disagreeing: [Disagreeing]
    }

    struct Locations: Decodable {
        // swift-format-ignore: AlwaysUseLowerCamelCase
        struct Valid: Decodable {
            let location, configSHA256, plain, rootKey, header, bytes: HexBytes
            let created: String
        }

        struct Invalid: Decodable {
            let description: String
            let plain: HexBytes
        }

        let valid: [Valid]
        let invalid: [Invalid]
    }

    let slots: Slots
    let keyrings: Keyrings
    let locations: Locations
}

private func makeSealer(header: HexBytes, rootKey: HexBytes) throws -> ObjectSealer {
    ObjectSealer(
        header: try ObjectHeader(decoding: header.bytes[...], of: "object"), keyMaterial: SecretBytes(rootKey.bytes))
}

/// The objects of `keys/` in `format-spec/vectors/keys.json`, in both directions.
@Suite struct KeyObjectVectorTests {
    private let keys: Keys

    init() throws { keys = try Vectors.load("keys") }

    @Test func keySlots() throws {
        #expect(!keys.slots.valid.isEmpty)
        for example in keys.slots.valid {
            let password = SecretBytes(example.password.bytes)
            let rootKey = SecretBytes(example.rootKey.bytes)
            let written = try KeySlot(
                header: try ObjectHeader(decoding: example.header.bytes[...], of: "slot"), password: password,
                rootKey: rootKey, description: example.description.bytes,
                parameters: ScryptParameters(log2N: example.logN, r: example.r, p: example.p))
            #expect(written.encoded == example.bytes.bytes)
            let slot = try KeySlot(decoding: example.bytes.bytes, of: "slot")
            #expect(try slot.rootKey(password: password, object: "slot") == rootKey)
            let description = try slot.description(rootKey: rootKey, object: "slot")
            #expect(try description == KeySlotDescription(decoding: example.description.bytes, of: "slot"))
        }
    }

    @Test func invalidKeySlotsAreRefused() throws {
        let rootKey = SecretBytes(try #require(keys.slots.valid.first).rootKey.bytes)
        #expect(!keys.slots.invalid.isEmpty)
        for example in keys.slots.invalid {
            let error = #expect(throws: VarveError.self, "\(example.description)") {
                let slot = try KeySlot(decoding: example.bytes.bytes, of: "slot")
                _ = try slot.rootKey(password: SecretBytes(example.password.bytes), object: "slot")
                _ = try slot.description(rootKey: rootKey, object: "slot")
            }
            #expect(error?.kind == .damaged)
            if example.reason != "authentication" {
                #expect(throws: VarveError.self, "\(example.description): before scrypt runs") {
                    try KeySlot(decoding: example.bytes.bytes, of: "slot")
                }
            }
        }
    }

    @Test func parametersAtTheirLimitsAreAllowed() throws {
        #expect(!keys.slots.allowedParameters.isEmpty)
        for example in keys.slots.allowedParameters {
            try ScryptParameters(log2N: example.logN, r: example.r, p: example.p).validate()
        }
    }

    @Test func otherPasswordsAreNotThoseOfTheSlot() throws {
        #expect(!keys.slots.wrongPasswords.isEmpty)
        for example in keys.slots.wrongPasswords {
            let slot = try KeySlot(decoding: keys.slots.valid[example.slot].bytes.bytes, of: "slot")
            #expect(try slot.rootKey(password: SecretBytes(example.password.bytes), object: "slot") == nil)
        }
    }

    @Test func keyrings() throws {
        #expect(!keys.keyrings.valid.isEmpty)
        for example in keys.keyrings.valid {
            let masterKeys = try example.masterKeys.map {
                MasterKey(
                    epoch: $0.epoch, id: try $0.id.identifier(), key: SecretBytes($0.key.bytes))
            }
            let keyring = Keyring(
                masterKeys: masterKeys, chunkIDKey: SecretBytes(example.K_id.bytes),
                chunkerKey: SecretBytes(example.K_chunk.bytes), indexKey: SecretBytes(example.K_index.bytes),
                created: try #require(UInt64(example.created)))
            #expect(keyring.plainBytes == example.plain.bytes)
            let sealer = try makeSealer(header: example.header, rootKey: example.rootKey)
            #expect(try sealer.sealWholeObject(keyring.plainBytes) == example.bytes.bytes)
            let opened = try Keyring(
                opening: example.bytes.bytes, rootKey: SecretBytes(example.rootKey.bytes),
                repository: sealer.header.repository, object: "keyring")
            #expect(opened == keyring)
            #expect(opened.writingKey.epoch == example.writersChoice.epoch)
            #expect(opened.writingKey.id.bytes == example.writersChoice.id.bytes)
        }
    }

    @Test func invalidKeyringsAreRefused() throws {
        #expect(!keys.keyrings.invalid.isEmpty && !keys.keyrings.disagreeing.isEmpty)
        for example in keys.keyrings.invalid {
            #expect(throws: MalformedBytes.self, "\(example.description)") {
                try Keyring(decodingPlain: example.plain.bytes)
            }
        }
        for example in keys.keyrings.disagreeing {
            let keyrings = try example.plain.map { try Keyring(decodingPlain: $0.bytes) }
            #expect(throws: VarveError.self, "\(example.description)") { try Keyring.union(of: keyrings) }
        }
    }

    @Test func locationObjects() throws {
        #expect(!keys.locations.valid.isEmpty && !keys.locations.invalid.isEmpty)
        for example in keys.locations.valid {
            let location = LocationObject(
                location: try example.location.identifier(),
                configDigest: try example.configSHA256.digest(),
                created: try #require(UInt64(example.created)))
            #expect(location.plainBytes == example.plain.bytes)
            let sealer = try makeSealer(header: example.header, rootKey: example.rootKey)
            #expect(try sealer.sealWholeObject(location.plainBytes) == example.bytes.bytes)
            let opened = try LocationObject(
                opening: example.bytes.bytes, rootKey: SecretBytes(example.rootKey.bytes),
                repository: sealer.header.repository, object: "location")
            #expect(opened == location)
        }
        for example in keys.locations.invalid {
            #expect(throws: MalformedBytes.self, "\(example.description)") {
                try LocationObject(decodingPlain: example.plain.bytes)
            }
        }
    }
}
