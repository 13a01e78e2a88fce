import Primitives
import Testing

@testable import Sealing

private let password = SecretBytes(Array("correct horse".utf8))
private let description = KeySlotDescription(
    label: "laptop \"Ü\"/1", created: "2024-05-06T07:08:09Z", host: "büro", user: "ada")

private func makeSlot(suite: CipherSuite = .aes256GCM) throws -> KeySlot {
    try KeySlot(
        password: password, rootKey: makeSecret(50), description: description, repository: makeIdentifier(100),
        session: makeIdentifier(101), suite: suite, parameters: quick)
}

@Suite struct KeySlotTests {
    @Test(arguments: [CipherSuite.aes256GCM, .chaCha20Poly1305])
    func passwordYieldsTheRootKey(suite: CipherSuite) throws {
        let slot = try KeySlot(decoding: makeSlot(suite: suite).encoded, of: "slot")
        #expect(try slot.rootKey(password: password, object: "slot") == makeSecret(50))
        #expect(try slot.description(rootKey: makeSecret(50), object: "slot") == description)
        #expect(slot.parameters == quick)
        #expect(slot.header.repository == makeIdentifier(100))
    }

    @Test func anotherPasswordIsNotThisSlots() throws {
        let slot = try makeSlot()
        for other in ["", "correct hors", "correct horse ", "Correct horse"] {
            #expect(try slot.rootKey(password: SecretBytes(Array(other.utf8)), object: "slot") == nil)
        }
        #expect(throws: VarveError.self) { try slot.description(rootKey: makeSecret(51), object: "slot") }
    }

    @Test func slotsOfOnePasswordDiffer() throws {
        let first = try makeSlot()
        let second = try makeSlot()
        #expect(first.header.salt != second.header.salt)
        #expect(first.encoded[172..<228] != second.encoded[172..<228])
    }

    /// No changed byte goes unseen, and none makes a reader run longer than the caps allow.
    @Test func everyChangedByteIsFound() throws {
        let bytes = try makeSlot().encoded
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            let isFound: Bool
            do {
                let slot = try KeySlot(decoding: changed, of: "slot")
                isFound =
                    try slot.rootKey(password: password, object: "slot") == nil
                    || slot.description(rootKey: makeSecret(50), object: "slot") != description
            } catch let error as VarveError {
                isFound = error.kind == .damaged || error.kind == .unsupported
            }
            #expect(isFound, "byte \(index)")
        }
    }

    @Test func layoutIsThatOfTheSpecification() throws {
        let bytes = try makeSlot().encoded
        #expect(Array(bytes[128..<140]) == [1, 10, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
        let length = Int(bytes[228]) + Int(bytes[229]) << 8
        #expect(bytes.count == 232 + length)
    }

    @Test func otherLengthsAreRefused() throws {
        let bytes = try makeSlot().encoded
        #expect(throws: VarveError.self) { try KeySlot(decoding: bytes + [0], of: "slot") }
        for length in 0..<bytes.count {
            #expect(throws: VarveError.self) { try KeySlot(decoding: Array(bytes[..<length]), of: "slot") }
        }
    }

    @Test func costlyParametersAreRefusedBeforeTheyRun() throws {
        let bytes = try makeSlot().encoded
        for (index, value) in [
            (129, UInt8(9)), (129, 25), (129, 255), (132, 0), (132, 65), (135, 1), (136, 17), (128, 2),
        ] {
            var changed = bytes
            changed[index] = value
            let error = #expect(throws: VarveError.self) { try KeySlot(decoding: changed, of: "slot") }
            #expect(error?.kind == .damaged)
        }
        // 128 · 2^24 · 1 bytes are above 2^30.
        var changed = bytes
        changed[129] = 24
        #expect(throws: VarveError.self) { try KeySlot(decoding: changed, of: "slot") }
    }

    @Test func otherObjectsAreNoSlots() throws {
        var header = makeHeader(.keyring)
        header.keyMode = .root
        #expect(throws: VarveError.self) {
            try KeySlot(decoding: header.encoded + makeSlot().encoded[128...], of: "slot")
        }
        let plain = ObjectHeader(
            type: .keySlot, suite: .none, keyMode: .password, repository: .zero, session: .zero,
            salt: FixedRandom(seed: 1).bytes(32))
        #expect(throws: VarveError.self) {
            try KeySlot(decoding: plain.encoded + makeSlot().encoded[128...], of: "slot")
        }
    }
}
