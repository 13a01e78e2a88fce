import FormatVectors
import Primitives
import Testing

private struct Numbers: Decodable {
    struct Number: Decodable {
        let value: String
        let bytes: HexBytes
    }

    struct Counted: Decodable {
        let value: HexBytes
        let bytes: HexBytes
    }

    struct Invalid: Decodable {
        let description: String
        let bytes: HexBytes
    }

    struct Checksum: Decodable {
        let bytes: HexBytes
        let value: UInt32
    }

    let varint: [Number]
    let svarint: [Number]
    let counted: [Counted]
    let invalidVarint: [Invalid]
    let invalidCounted: [Invalid]
    let crc32c: [Checksum]
}

/// `format-spec/vectors/numbers.json`, in both directions.
@Suite struct NumberVectorTests {
    private let numbers: Numbers

    init() throws { numbers = try Vectors.load("numbers") }

    @Test func varints() throws {
        #expect(!numbers.varint.isEmpty && !numbers.svarint.isEmpty)
        for example in numbers.varint {
            let value = try #require(UInt64(example.value))
            var writer = ByteWriter()
            writer.appendVarint(value)
            #expect(writer.bytes == example.bytes.bytes)
            var reader = ByteReader(example.bytes.bytes, of: "number")
            #expect(try reader.readVarint() == value)
            try reader.expectEnd()
        }
        for example in numbers.svarint {
            let value = try #require(Int64(example.value))
            var writer = ByteWriter()
            writer.appendSignedVarint(value)
            #expect(writer.bytes == example.bytes.bytes)
            var reader = ByteReader(example.bytes.bytes, of: "number")
            #expect(try reader.readSignedVarint() == value)
            try reader.expectEnd()
        }
    }

    @Test func countedBytes() throws {
        #expect(!numbers.counted.isEmpty)
        for example in numbers.counted {
            var writer = ByteWriter()
            writer.appendCounted(example.value.bytes)
            #expect(writer.bytes == example.bytes.bytes)
            var reader = ByteReader(example.bytes.bytes, of: "bytes")
            #expect(try reader.readCounted(upTo: 1000, of: "length") == example.value.bytes)
            try reader.expectEnd()
        }
    }

    @Test func invalidBytesAreRefused() throws {
        #expect(!numbers.invalidVarint.isEmpty && !numbers.invalidCounted.isEmpty)
        for example in numbers.invalidVarint {
            var reader = ByteReader(example.bytes.bytes, of: "number")
            #expect(throws: MalformedBytes.self, "\(example.description)") { try reader.readVarint() }
        }
        for example in numbers.invalidCounted {
            var reader = ByteReader(example.bytes.bytes, of: "bytes")
            #expect(throws: MalformedBytes.self, "\(example.description)") {
                try reader.readCounted(upTo: .max, of: "length")
            }
        }
    }

    @Test func checksums() {
        #expect(!numbers.crc32c.isEmpty)
        for example in numbers.crc32c { #expect(CRC32C.checksum(example.bytes.bytes) == example.value) }
    }
}
