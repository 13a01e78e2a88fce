import Packing
import Primitives
import SeededData
import Testing

@Suite("Pack directories")
struct PackDirectoryTests {
    @Test("come back as they were written, with padding and without")
    func roundTrip() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<300 {
            let type = random.packType()
            let directory = random.directory(of: type)
            let entries = directory.encodedEntries
            #expect(entries.count == directory.segments.reduce(0) { $0 + $1.encodedSize })
            #expect(try PackDirectory(decodingEntries: entries[...], in: type) == directory)
            var writer = ByteWriter()
            writer.appendInteger(UInt32(entries.count))
            writer.append(entries)
            writer.appendZeros(Int.random(in: 0...5000, using: &random))
            #expect(try PackDirectory(decoding: writer.bytes, in: type) == directory)
        }
    }

    @Test("lie in the bytes field by field as the format says")
    func layout() throws {
        let entry = SegmentEntry(
            sealedLength: 0x0102_0304, rawLength: 0x0000_0203, codec: .zstdWithPrefix, chunkClass: .tree,
            chunks: [
                ChunkEntry(id: Digest(1, 2, 3, 4), length: 0x0102), ChunkEntry(id: Digest(5, 6, 7, 8), length: 0x0101),
            ],
            bases: [Digest(9, 10, 11, 12)])
        func word(_ low: UInt8) -> [UInt8] { [low, 0, 0, 0, 0, 0, 0, 0] }
        let bytes: [UInt8] =
            [4, 3, 2, 1, 3, 2, 0, 0, 2, 3, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]
            + word(1) + word(2) + word(3) + word(4) + [2, 1, 0, 0]
            + word(5) + word(6) + word(7) + word(8) + [1, 1, 0, 0]
            + word(9) + word(10) + word(11) + word(12)
        let directory = PackDirectory(segments: [entry])
        #expect(directory.encodedEntries == bytes)
        #expect(try PackDirectory(decodingEntries: bytes[...], in: .metadataPack) == directory)
        #expect(directory.endOfSegments == 128 + 0x0102_0304)
    }

    /// A single segment of two chunks and two bases, with one thing wrong.
    struct Wrong: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let message: String
        var type = ObjectType.dataPack
        let change: @Sendable (inout [UInt8]) -> Void

        static func number(_ value: UInt32, at offset: Int) -> @Sendable (inout [UInt8]) -> Void {
            { bytes in withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
            }
        }
    }

    @Test(
        "are refused where they break the format",
        arguments: [
            Wrong(testDescription: "unknown codec", message: "codec 3") { $0[8] = 3 },
            Wrong(testDescription: "class 0", message: "class 0") { $0[9] = 0 },
            Wrong(testDescription: "unknown class", message: "class 4") { $0[9] = 4 },
            Wrong(testDescription: "list node in a data pack", message: "class 2") { $0[9] = 2 },
            Wrong(testDescription: "tree node in a data pack", message: "class 3") { $0[9] = 3 },
            Wrong(testDescription: "data in a metadata pack", message: "class 1", type: .metadataPack) { _ in },
            Wrong(testDescription: "type that is no pack", message: "class 1", type: .snapshot) { _ in },
            Wrong(testDescription: "first reserved byte", message: "reserved") { $0[10] = 1 },
            Wrong(testDescription: "second reserved byte", message: "reserved") { $0[11] = 0x80 },
            Wrong(testDescription: "no chunks", message: "0 chunks", change: Wrong.number(0, at: 12)),
            Wrong(testDescription: "more chunks than bytes", message: "5 chunks", change: Wrong.number(5, at: 12)),
            Wrong(testDescription: "most chunks", message: "4294967295 chunks", change: Wrong.number(.max, at: 12)),
            Wrong(testDescription: "bases without the codec", message: "2 bases") { $0[8] = 1 },
            Wrong(testDescription: "bases of stored bytes", message: "2 bases") { $0[8] = 0 },
            Wrong(testDescription: "codec without bases", message: "0 bases", change: Wrong.number(0, at: 16)),
            Wrong(testDescription: "more bases than bytes", message: "too early", change: Wrong.number(3, at: 16)),
            Wrong(testDescription: "most bases", message: "4294967295 bases", change: Wrong.number(.max, at: 16)),
            Wrong(testDescription: "chunk of no bytes", message: "0 bytes", change: Wrong.number(0, at: 52)),
            Wrong(testDescription: "raw length above the sum", message: "301", change: Wrong.number(301, at: 4)),
            Wrong(testDescription: "raw length below the sum", message: "299", change: Wrong.number(299, at: 4)),
            Wrong(
                testDescription: "sealed length below what sealing adds", message: "23", change: Wrong.number(23, at: 0)
            ),
            Wrong(testDescription: "beyond 1 GiB", message: "1 GiB", change: Wrong.number((1 << 30) - 128, at: 0)),
            Wrong(testDescription: "longest", message: "1 GiB", change: Wrong.number(.max, at: 0)),
            Wrong(testDescription: "cut short", message: "too early") { $0.removeLast() },
            Wrong(testDescription: "a byte too many", message: "too early") { $0.append(0) },
        ])
    func refusals(wrong: Wrong) throws {
        let entry = SegmentEntry(
            sealedLength: 224, rawLength: 300, codec: .zstdWithPrefix, chunkClass: .data,
            chunks: [
                ChunkEntry(id: Digest(1, 2, 3, 4), length: 100), ChunkEntry(id: Digest(5, 6, 7, 8), length: 200),
            ],
            bases: [Digest(9, 10, 11, 12), Digest(13, 14, 15, 16)])
        var bytes = PackDirectory(segments: [entry]).encodedEntries
        #expect(throws: Never.self) { try PackDirectory(decodingEntries: bytes[...], in: .dataPack) }
        wrong.change(&bytes)
        let error = try #require(throws: MalformedBytes.self) {
            try PackDirectory(decodingEntries: bytes[...], in: wrong.type)
        }
        #expect(error.description.hasPrefix("pack directory: "))
        #expect(error.description.contains(wrong.message))
    }

    @Test("are refused where stored bytes are not as many as the raw ones")
    func storedLength() throws {
        for (sealedLength, isRight) in [(UInt32(124), true), (123, false), (125, false), (24, false)] {
            let directory = PackDirectory(segments: [
                SegmentEntry(
                    sealedLength: sealedLength, rawLength: 100, codec: .stored, chunkClass: .data,
                    chunks: [ChunkEntry(id: Digest(1, 2, 3, 4), length: 100)])
            ])
            let read = try? PackDirectory(decodingEntries: directory.encodedEntries[...], in: .dataPack)
            #expect(read == (isRight ? directory : nil))
        }
    }

    @Test("hold segments of up to 32 MiB of raw bytes")
    func rawLengthLimit() throws {
        func directory(_ lengths: [UInt32], rawLength: UInt32) -> PackDirectory {
            PackDirectory(segments: [
                SegmentEntry(
                    sealedLength: 1000, rawLength: rawLength, codec: .zstd, chunkClass: .data,
                    chunks: lengths.map { ChunkEntry(id: Digest(0, 0, 0, 0), length: $0) })
            ])
        }
        func decode(_ directory: PackDirectory) throws -> PackDirectory {
            try PackDirectory(decodingEntries: directory.encodedEntries[...], in: .dataPack)
        }
        let largest = directory([1 << 24, 1 << 24], rawLength: 1 << 25)
        #expect(try decode(largest) == largest)
        #expect(throws: MalformedBytes.self) { try decode(directory([1 << 24, 1 << 24, 1], rawLength: (1 << 25) + 1)) }
        // The sum as 32 bits would be right.
        #expect(throws: MalformedBytes.self) { try decode(directory([.max, 101], rawLength: 100)) }
    }

    @Test("reach up to 1 GiB, and no byte further")
    func sizeLimit() throws {
        func entry(_ sealedLength: Int) -> SegmentEntry {
            SegmentEntry(
                sealedLength: UInt32(sealedLength), rawLength: 1, codec: .zstd, chunkClass: .data,
                chunks: [ChunkEntry(id: Digest(0, 0, 0, 0), length: 1)])
        }
        let room = (1 << 30) - 128
        let fitting = PackDirectory(segments: [entry(room / 2), entry(room - room / 2 - 1)])
        #expect(try PackDirectory(decodingEntries: fitting.encodedEntries[...], in: .dataPack) == fitting)
        #expect(fitting.endOfSegments == (1 << 30) - 1)
        let excessive = PackDirectory(segments: [entry(room / 2), entry(room - room / 2)])
        #expect(throws: MalformedBytes.self) {
            try PackDirectory(decodingEntries: excessive.encodedEntries[...], in: .dataPack)
        }
    }

    @Test("are refused with a wrong length or with padding that is not zero")
    func padding() throws {
        var random = SeededRandom(seed: 2)
        let entries = random.directory(of: .dataPack, segments: 3...3).encodedEntries
        func decode(_ length: Int, _ padding: [UInt8]) throws {
            var writer = ByteWriter()
            writer.appendInteger(UInt32(length))
            writer.append(entries + padding)
            _ = try PackDirectory(decoding: writer.bytes, in: .dataPack)
        }
        try decode(entries.count, [])
        try decode(entries.count, [0, 0, 0])
        for position in 0..<3 {
            var padding: [UInt8] = [0, 0, 0]
            padding[position] = 1
            #expect(throws: MalformedBytes.self) { try decode(entries.count, padding) }
        }
        #expect(throws: MalformedBytes.self) { try decode(entries.count + 1, []) }
        #expect(throws: MalformedBytes.self) { try decode(entries.count - 1, []) }
        #expect(throws: MalformedBytes.self) { try decode(0xFFFF_FFFF, [0, 0]) }
        for count in 0..<4 {
            #expect(throws: MalformedBytes.self) {
                try PackDirectory(decoding: [UInt8](repeating: 0, count: count), in: .dataPack)
            }
        }
        #expect(try PackDirectory(decoding: [0, 0, 0, 0], in: .dataPack).segments.isEmpty)
    }

    @Test("of any bytes whatever: refused, or exactly what these bytes say")
    func hostileBytes() {
        var random = SeededRandom(seed: 3)
        var accepted = 0
        for _ in 0..<8000 {
            let type = random.packType()
            let bytes = random.mutation(of: random.directory(of: type, segments: 0...4).encodedEntries)
            if let directory = try? PackDirectory(decodingEntries: bytes[...], in: type) {
                accepted += 1
                #expect(directory.encodedEntries == bytes)
            }
            _ = try? PackDirectory(decoding: bytes, in: type)
            _ = try? PackDirectory(decoding: random.bytes(Int.random(in: 0...200, using: &random)), in: type)
        }
        // Chunk IDs may be anything: some mutations must have come through.
        #expect(accepted > 200)
    }
}
