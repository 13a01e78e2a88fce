import Primitives
import SeededData
import Testing

@testable import Hashing

@Suite struct SHA256HasherTests {
    /// FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func publishedDigests(text: String, digest: String) {
        #expect(SHA256Hasher.digest(of: Array(text.utf8)).hex == digest)
    }

    @Test func millionLettersInParts() {
        var hasher = SHA256Hasher()
        for _ in 0..<1000 { hasher.update([UInt8](repeating: UInt8(ascii: "a"), count: 1000)) }
        #expect(hasher.finalized().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func everySplitGivesTheSameDigest() {
        var random = SeededRandom(seed: 1)
        let bytes = random.bytes(200)
        let digest = SHA256Hasher.digest(of: bytes)
        for split in 0...bytes.count {
            var hasher = SHA256Hasher()
            hasher.update(Array(bytes[..<split]))
            hasher.update(Array(bytes[split...]))
            #expect(hasher.finalized() == digest)
        }
    }

    @Test func finalizingDoesNotEndTheRun() {
        var hasher = SHA256Hasher()
        hasher.update(Array("ab".utf8))
        let early = hasher.finalized()
        #expect(early == SHA256Hasher.digest(of: Array("ab".utf8)))
        #expect(hasher.finalized() == early)
        hasher.update(UInt8(ascii: "c"))
        #expect(hasher.finalized() == SHA256Hasher.digest(of: Array("abc".utf8)))
    }

    @Test func copiesGoOnIndependently() {
        var first = SHA256Hasher()
        first.update(Array("common".utf8))
        var second = first
        first.update(Array("1".utf8))
        second.update(Array("2".utf8))
        #expect(first.finalized() == SHA256Hasher.digest(of: Array("common1".utf8)))
        #expect(second.finalized() == SHA256Hasher.digest(of: Array("common2".utf8)))
    }
}
