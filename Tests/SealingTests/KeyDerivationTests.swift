import Primitives
import Testing

@testable import Sealing

@Suite struct KeyDerivationTests {
    /// RFC 5869, appendix A.1 to A.3.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 22), [UInt8](0x00...0x0c), [UInt8](0xf0...0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        (
            [UInt8](0x00...0x4f), [UInt8](0x60...0xaf), [UInt8](0xb0...0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
        (
            [UInt8](repeating: 0x0b, count: 22), [], [],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ])
    func publishedKeys(ikm: [UInt8], salt: [UInt8], info: [UInt8], expected: String) {
        let key = KeyDerivation.hkdf(SecretBytes(ikm), salt: salt, info: info, count: expected.utf8.count / 2)
        #expect(Hex.encode(bytes(of: key)) == expected)
    }

    /// RFC 7914, section 12, the first 32 bytes each.
    @Test(arguments: [
        ("password", "NaCl", 10, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"),
        (
            "pleaseletmein", "SodiumChloride", 14, 8, 1,
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        ),
    ])
    func publishedScrypt(password: String, salt: String, log2N: Int, r: Int, p: Int, expected: String) throws {
        let key = try KeyDerivation.scrypt(
            password: SecretBytes(Array(password.utf8)), salt: Array(salt.utf8),
            parameters: ScryptParameters(log2N: log2N, r: r, p: p))
        #expect(Hex.encode(bytes(of: key)) == expected)
    }

    @Test func emptyPasswordIsAPassword() throws {
        let empty = try KeyDerivation.scrypt(password: SecretBytes([]), salt: [1], parameters: quick)
        let zero = try KeyDerivation.scrypt(password: SecretBytes([0]), salt: [1], parameters: quick)
        #expect(empty.count == 32)
        #expect(empty != SecretBytes([UInt8](repeating: 0, count: 32)))
        #expect(bytes(of: empty) != bytes(of: makeSecret(1)) && zero.count == 32)
    }

    /// OpenSSL refuses more than 32 MiB unless told otherwise.
    @Test func standardParametersRun() throws {
        #expect(ScryptParameters.standard == ScryptParameters(log2N: 17, r: 8, p: 1))
        let key = try KeyDerivation.scrypt(password: SecretBytes([1]), salt: [2], parameters: .standard)
        #expect(key.count == 32)
    }

    @Test(arguments: [
        (10, 1, 1), (24, 64, 1), (10, 64, 16), (17, 64, 16), (24, 1, 1), (20, 8, 1), (23, 1, 16),
    ])
    func capsOfTheSpecification(log2N: Int, r: Int, p: Int) throws {
        let parameters = ScryptParameters(log2N: log2N, r: r, p: p)
        if 128 * r * (1 << log2N) <= 1 << 30 {
            try parameters.validate()
        } else {
            #expect(throws: VarveError.self) { try parameters.validate() }
        }
    }

    @Test(arguments: [
        (9, 8, 1), (25, 1, 1), (17, 0, 1), (17, 65, 1), (17, 8, 0), (17, 8, 17), (-1, 8, 1), (64, 8, 1), (255, 8, 1),
        (17, Int(UInt32.max), 1), (17, 8, Int(UInt32.max)),
    ])
    func outsideTheCapsNothingRuns(log2N: Int, r: Int, p: Int) {
        let parameters = ScryptParameters(log2N: log2N, r: r, p: p)
        let error = #expect(throws: VarveError.self) { try parameters.validate(of: "slot") }
        #expect(error?.kind == .damaged)
        #expect(error?.problem.hasPrefix("slot: ") == true)
        #expect(throws: VarveError.self) {
            try KeyDerivation.scrypt(password: SecretBytes([1]), salt: [2], parameters: parameters)
        }
    }
}
