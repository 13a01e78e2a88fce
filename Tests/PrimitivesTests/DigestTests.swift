import SeededData
import Testing

@testable import Primitives

@Suite struct DigestTests {
    private func makeDigest(_ random: inout SeededRandom) throws -> Digest {
        try #require(Digest(bytes: random.bytes(32)))
    }

    @Test func bytesComeBack() throws {
        let bytes = [UInt8](0..<32)
        let digest = try #require(Digest(bytes: bytes))
        #expect(digest.bytes == bytes)
        #expect(digest.w0 == 0x0706_0504_0302_0100)
        #expect(digest.hex == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect(digest.shortHex == "00010203")
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(hex: digest.hex.uppercased()) == digest)
        var writer = ByteWriter()
        writer.append(digest)
        #expect(writer.bytes == bytes)
        var reader = ByteReader(bytes, of: "digest")
        #expect(try reader.readDigest() == digest)
    }

    @Test func unalignedMemoryIsRead() throws {
        let bytes = [UInt8](0..<40)
        bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            for offset in 0..<8 {
                #expect(Digest(loadingFrom: start + offset).bytes == Array(bytes[offset..<offset + 32]))
            }
        }
    }

    @Test func otherLengthsAreRefused() {
        for count in [0, 31, 33, 64] { #expect(Digest(bytes: [UInt8](repeating: 1, count: count)) == nil) }
        #expect(Digest(hex: String(repeating: "a", count: 63)) == nil)
        #expect(Digest(hex: String(repeating: "g", count: 64)) == nil)
    }

    @Test func orderIsThatOfTheBytes() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<1000 {
            let a = try makeDigest(&random)
            // Often equal in all but one byte, so that every word decides.
            var bytes = a.bytes
            bytes[Int.random(in: 0..<32, using: &random)] = UInt8.random(in: 0...255, using: &random)
            let b = try #require(Digest(bytes: bytes))
            #expect((a < b) == a.bytes.lexicographicallyPrecedes(b.bytes))
            #expect((b < a) == b.bytes.lexicographicallyPrecedes(a.bytes))
            #expect((a == b) == (a.bytes == b.bytes))
        }
    }
}

@Suite struct IdentifierTests {
    @Test func sixteenBytesOrNothing() throws {
        let identifier = try #require(Identifier(bytes: [UInt8](0..<16)))
        #expect(identifier.hex == "000102030405060708090a0b0c0d0e0f")
        #expect(Identifier(hex: identifier.hex) == identifier)
        #expect("\(identifier)" == identifier.hex)
        for count in [0, 15, 17] { #expect(Identifier(bytes: [UInt8](repeating: 0, count: count)) == nil) }
        #expect(Identifier(hex: "00") == nil)
        #expect(Identifier.zero.bytes == [UInt8](repeating: 0, count: 16))
    }

    @Test func systemRandomYieldsWhatWasAskedFor() {
        for count in [0, 1, 7, 8, 9, 16, 32, 100] { #expect(SystemRandom().bytes(count).count == count) }
        #expect(Set((0..<100).map { _ in Identifier(from: SystemRandom()) }).count == 100)
    }
}
