import Primitives
import Testing

@testable import Sealing

@Suite struct AEADTests {
    struct Example: Sendable {
        let suite: CipherSuite
        let key, nonce, associatedData, plain, ciphertext, tag: String
    }

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14, 16; RFC 8439, 2.8.2.
    static let published = [
        Example(
            suite: .aes256GCM, key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            associatedData: "", plain: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        Example(
            suite: .aes256GCM, key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            associatedData: "", plain: String(repeating: "00", count: 16),
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        Example(
            suite: .aes256GCM, key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888", associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plain: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
        Example(
            suite: .chaCha20Poly1305, key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            nonce: "070000004041424344454647", associatedData: "50515253c0c1c2c3c4c5c6c7",
            plain: Hex.encode(
                Array(
                    ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                        + "sunscreen would be it.").utf8)),
            ciphertext: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                + "3ff4def08e4b7a9de576d26586cec64b6116",
            tag: "1ae10b594f09e26a7e902ecbd0600691"),
    ]

    @Test(arguments: published)
    func publishedExamples(example: Example) throws {
        func unhex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }
        let key = SecretBytes(try unhex(example.key))
        let nonce = try unhex(example.nonce)
        let associatedData = try unhex(example.associatedData)
        let plain = try unhex(example.plain)
        var sealed = [UInt8](repeating: 0, count: plain.count + AEAD.tagLength)
        let isSealed = plain.withUnsafeBytes { plain in
            sealed.withUnsafeMutableBytes {
                AEAD.encrypt(
                    plain, suite: example.suite, key: key, nonce: nonce, associatedData: associatedData, into: $0)
            }
        }
        #expect(isSealed)
        #expect(Hex.encode(sealed) == example.ciphertext + example.tag)

        var opened = [UInt8](repeating: 0, count: plain.count)
        func open() -> Bool {
            sealed.withUnsafeBytes { sealed in
                opened.withUnsafeMutableBytes {
                    AEAD.decrypt(
                        sealed, suite: example.suite, key: key, nonce: nonce, associatedData: associatedData, into: $0)
                }
            }
        }
        #expect(open())
        #expect(opened == plain)
        sealed[sealed.count - 1] ^= 1
        #expect(!open())
        #expect(opened.allSatisfy { $0 == 0 })
    }
}
