import Primitives
import SeededData
import Testing

@testable import Hashing

@Suite("Two lanes of SHA-256", .enabled(if: SHA256Lanes.areAvailable, "this processor has no SHA extensions"))
struct SHA256LanesTests {
    /// The first byte of a message goes in as the class byte would.
    private func digests(of messages: [[UInt8]]) -> [Digest] {
        precondition(Set(messages.map(\.[0])).count == 1)
        let all = messages.flatMap { $0.dropFirst() }
        return all.withUnsafeBytes { all in
            var start = 0
            let parts = messages.map { message in
                defer { start += message.count - 1 }
                return UnsafeRawBufferPointer(rebasing: all[start..<start + message.count - 1])
            }
            return SHA256Lanes.digests(
                of: parts, from: .init(state: SHA256Hasher().state, byteCount: 0, firstByte: messages[0][0], outer: nil)
            )
        }
    }

    /// NIST's examples for SHA-256 ("Cryptographic Standards and Guidelines: Examples with Intermediate Values", and its
    /// additional test data), each in either lane and beside messages of other lengths.
    @Test(arguments: [
        ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ("\0", 55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"),
        ("\0", 56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"),
        ("\0", 57, "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"),
        ("\0", 64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"),
        ("\0", 1000, "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"),
    ])
    func publishedDigests(text: String, count: Int, expected: String) {
        let message = (0..<count).flatMap { _ in text.utf8 }
        let other = [message[0]] + [UInt8](repeating: 3, count: 200)
        for messages in [
            [message], [message, message], [message, other], [other, message], [other, message, message],
        ] {
            let digests = digests(of: messages)
            for (digest, given) in zip(digests, messages) where given == message { #expect(digest.hex == expected) }
        }
    }

    @Test func agreeWithOpenSSLOnAnyLengthsSideBySide() {
        var random = SeededRandom(seed: 4)
        let hashers = [random.bytes(32).withUnsafeBytes { ChunkHasher(key: $0) }, ChunkHasher()]
        for round in 0..<400 {
            let bytes = random.bytes(3000)
            bytes.withUnsafeBytes { bytes in
                let chunks = (0..<Int.random(in: 2...9, using: &random)).map { _ in
                    let start = Int.random(in: 0...2000, using: &random)
                    let longest = round.isMultiple(of: 2) ? 130 : 1000
                    return UnsafeRawBufferPointer(
                        rebasing: bytes[start..<start + Int.random(in: 0...longest, using: &random)])
                }
                for hasher in hashers {
                    #expect(hasher.ids(of: chunks, as: .data) == chunks.map { hasher.id(of: $0, as: .data) })
                }
            }
        }
    }

    @Test func everyLengthFromNoneToFiveBlocks() {
        let bytes = (0..<320).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let hasher = ChunkHasher()
        bytes.withUnsafeBytes { bytes in
            let chunks = (0...320).map { UnsafeRawBufferPointer(rebasing: bytes[..<$0]) }
            #expect(hasher.ids(of: chunks, as: .list) == chunks.map { hasher.id(of: $0, as: .list) })
            #expect(hasher.ids(of: [], as: .list) == [])
        }
    }
}
