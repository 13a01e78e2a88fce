import SeededData
import Testing

@testable import Primitives

@Suite struct NumberCodingTests {
    private func encoded(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(value)
        return writer.bytes
    }

    private func decoded(_ bytes: [UInt8]) throws -> UInt64 {
        var reader = ByteReader(bytes, of: "number")
        let value = try reader.readVarint()
        try reader.expectEnd()
        return value
    }

    @Test(
        arguments: [
            (0, [0x00]), (1, [0x01]), (127, [0x7f]), (128, [0x80, 0x01]), (300, [0xac, 0x02]), (16_383, [0xff, 0x7f]),
            (16_384, [0x80, 0x80, 0x01]),
            (UInt64.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] as [(UInt64, [UInt8])])
    func varints(value: UInt64, bytes: [UInt8]) throws {
        #expect(encoded(value) == bytes)
        #expect(try decoded(bytes) == value)
    }

    @Test func varintsOfEveryWidthComeBack() throws {
        var random = SeededRandom(seed: 1)
        for shift in 0..<64 {
            for _ in 0..<20 {
                let value = random.next() >> UInt64(shift)
                #expect(try decoded(encoded(value)) == value)
            }
        }
    }

    @Test(
        arguments: [
            [], [0x80], [0xff, 0xff], [0x80, 0x00], [0x81, 0x80, 0x00],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
        ] as [[UInt8]])
    func otherVarintsAreRefused(bytes: [UInt8]) {
        #expect(throws: MalformedBytes.self) { try decoded(bytes) }
    }

    @Test(
        arguments: [
            (0, 0), (-1, 1), (1, 2), (-2, 3), (2, 4), (Int64.max, UInt64.max - 1), (Int64.min, UInt64.max),
        ] as [(Int64, UInt64)])
    func signedNumbersAreZigzag(value: Int64, unsigned: UInt64) throws {
        var writer = ByteWriter()
        writer.appendSignedVarint(value)
        #expect(writer.bytes == encoded(unsigned))
        var reader = ByteReader(writer.bytes, of: "number")
        #expect(try reader.readSignedVarint() == value)
    }

    @Test func integersAreLittleEndian() throws {
        var writer = ByteWriter()
        writer.appendInteger(UInt16(0x0102))
        writer.appendInteger(UInt32(0x0304_0506))
        writer.appendInteger(UInt64(0x0708_090a_0b0c_0d0e))
        writer.append(UInt8(0x0f))
        #expect(writer.bytes == [2, 1, 6, 5, 4, 3, 14, 13, 12, 11, 10, 9, 8, 7, 15])
        var reader = ByteReader(writer.bytes, of: "numbers")
        #expect(try reader.readInteger(UInt16.self) == 0x0102)
        #expect(try reader.readInteger(UInt32.self) == 0x0304_0506)
        #expect(try reader.readInteger(UInt64.self) == 0x0708_090a_0b0c_0d0e)
        #expect(reader.remaining == 1 && !reader.isAtEnd)
        #expect(throws: MalformedBytes.self) { try reader.readInteger(UInt16.self) }
        #expect(try reader.readInteger(UInt8.self) == 15)
        try reader.expectEnd()
    }

    @Test func countedBytes() throws {
        let content = [UInt8](repeating: 7, count: 200)
        var writer = ByteWriter()
        writer.appendCounted(content)
        #expect(writer.bytes.prefix(2) == [0xc8, 0x01])
        var reader = ByteReader(writer.bytes, of: "name")
        #expect(try reader.readCounted(upTo: 200, of: "length") == content)
        reader = ByteReader(writer.bytes, of: "name")
        let error = #expect(throws: MalformedBytes.self) { try reader.readCounted(upTo: 199, of: "length") }
        #expect(error?.description == "name: length 200 is above 199")
        reader = ByteReader(writer.bytes.dropLast(), of: "name")
        #expect(throws: MalformedBytes.self) { try reader.readCounted(upTo: 200, of: "length") }
        // A length that no memory could hold.
        reader = ByteReader(encoded(.max), of: "name")
        #expect(throws: MalformedBytes.self) { try reader.readCounted(upTo: 1 << 30, of: "length") }
    }

    @Test func reservedBytesMustBeZero() throws {
        var reader = ByteReader([0, 0, 1], of: "object")
        try reader.readZeros(2)
        #expect(throws: MalformedBytes.self) { try reader.readZeros(1) }
        var writer = ByteWriter()
        writer.appendZeros(3)
        #expect(writer.bytes == [0, 0, 0] && writer.count == 3)
    }

    @Test func slicesAreReadFromWhereTheyBegin() throws {
        var reader = ByteReader([9, 9, 1, 2, 3][2...], of: "slice")
        #expect(try reader.readSlice(2) == [1, 2])
        #expect(try reader.readBytes(1) == [3])
        #expect(reader.isAtEnd)
    }
}
