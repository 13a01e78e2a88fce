import COpenSSL
import Primitives
import SeededData
import Testing

@testable import Hashing

/// HMAC-SHA256 through OpenSSL's own one-shot function.
private func referenceCode(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 32)
    HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, nil)
    return code
}

private func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    let states = key.withUnsafeBytes { KeyedStates(key: $0) }
    var hasher = states.inner
    hasher.update(message)
    return states.code(finishing: hasher).bytes
}

private func id(of bytes: [UInt8], as class: ChunkClass, with hasher: ChunkHasher) -> ChunkID {
    bytes.withUnsafeBytes { hasher.id(of: $0, as: `class`) }
}

@Suite struct ChunkHasherTests {
    /// RFC 4231, section 4: test cases 1 to 4, 6 and 7 (5 is about truncation).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            [UInt8](1...25), [UInt8](repeating: 0xcd, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func publishedCodes(key: [UInt8], message: [UInt8], expected: String) {
        #expect(Hex.encode(code(message, key: key)) == expected)
    }

    @Test func agreesWithOpenSSL() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<300 {
            let key = random.bytes(Int.random(in: 1...150, using: &random))
            let message = random.bytes(Int.random(in: 0...500, using: &random))
            #expect(code(message, key: key) == referenceCode(message, key: key))
        }
    }

    @Test func keyedIDsAreCodesOfClassAndBytes() {
        var random = SeededRandom(seed: 3)
        let key = random.bytes(32)
        let hasher = key.withUnsafeBytes { ChunkHasher(key: $0) }
        for length in [0, 1, 54, 55, 56, 63, 64, 65, 1000, 40000] {
            let bytes = random.bytes(length)
            for kind in ChunkClass.allCases {
                #expect(id(of: bytes, as: kind, with: hasher).bytes == referenceCode([kind.rawValue] + bytes, key: key))
            }
        }
    }

    @Test func plainIDsAreDigestsOfClassAndBytes() {
        let bytes = Array("some content".utf8)
        for kind in ChunkClass.allCases {
            #expect(
                id(of: bytes, as: kind, with: ChunkHasher()) == SHA256Hasher.digest(of: [kind.rawValue] + bytes))
        }
    }
}
