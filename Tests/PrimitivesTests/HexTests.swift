import Testing

@testable import Primitives

@Suite struct HexTests {
    @Test func everyByteComesBack() {
        let bytes = [UInt8](0...255)
        let text = Hex.encode(bytes)
        #expect(text.utf8.count == 512)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(Hex.decode(text) == bytes)
        #expect(Hex.decode(text.uppercased()) == bytes)
        #expect(Hex.encode([]).isEmpty)
        #expect(Hex.decode("") == [])
    }

    @Test(arguments: ["0", "000", "0g", "g0", " 00", "0x00", "00 ", "é0", "/0", ":0", "@0", "G0", "`0"])
    func otherTextIsRefused(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}

@Suite struct CRC32CTests {
    /// The check value of the Castagnoli polynomial, and RFC 3720, B.4.
    @Test func publishedValues() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8]()) == 0)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum([UInt8](0..<32)) == 0x46DD_794E)
        #expect(CRC32C.checksum([UInt8](0..<32).reversed()) == 0x113F_DB5C)
    }
}
