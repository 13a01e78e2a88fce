import Packing
import Primitives
import SeededData
import Testing

@Suite("Pack footers")
struct PackFooterTests {
    private func footer(_ directory: PackDirectory, sealedLength: Int = 400) -> PackFooter {
        PackFooter(describing: directory, sealedLength: sealedLength)
    }

    @Test("come back as they were written, and agree with their directory alone")
    func roundTrip() throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<200 {
            let directory = random.directory(of: .metadataPack)
            let written = footer(directory)
            #expect(written.encoded.count == PackFooter.byteCount)
            let read = try PackFooter(decoding: written.encoded)
            #expect(read == written)
            #expect(read.agrees(with: directory))
            let other = PackDirectory(segments: directory.segments + [random.segment(in: .metadataPack)])
            #expect(!read.agrees(with: other))
        }
    }

    @Test("lie in the bytes field by field as the format says")
    func layout() throws {
        let bytes: [UInt8] =
            [4, 3, 2, 1, 8, 7, 6, 5, 0x0c, 0x0b, 0x0a, 9, 0x10, 0x0f, 0x0e, 0x0d]
            + [0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11] + [0, 0, 0, 0, 0, 0, 0, 0]
        let footer = try PackFooter(decoding: bytes)
        #expect(footer.directoryOffset == 0x0102_0304)
        #expect(footer.directorySealedLength == 0x0506_0708)
        #expect(footer.segmentCount == 0x090a_0b0c)
        #expect(footer.chunkCount == 0x0d0e_0f10)
        #expect(footer.rawLength == 0x1112_1314_1516_1718)
        #expect(footer.encoded == bytes)
    }

    @Test("disagree with their directory where any number of theirs is another")
    func disagreement() throws {
        var random = SeededRandom(seed: 12)
        let directory = random.directory(of: .dataPack, segments: 3...3)
        let bytes = footer(directory).encoded
        for position in [0, 8, 12, 16] {
            var wrong = bytes
            wrong[position] ^= 1
            #expect(try !PackFooter(decoding: wrong).agrees(with: directory))
        }
        // The sealed length of the directory is no matter of the directory's: `fits(packSize:)` judges that.
        var longer = bytes
        longer[4] ^= 1
        #expect(try PackFooter(decoding: longer).agrees(with: directory))
        #expect(try !PackFooter(decoding: longer).fits(packSize: directory.endOfSegments + 400 + PackLimits.tailSize))
    }

    @Test("fit one size of pack")
    func fits() throws {
        var random = SeededRandom(seed: 13)
        let directory = random.directory(of: .dataPack, segments: 2...2)
        let size = directory.endOfSegments + 400 + 56 + 128
        #expect(PackLimits.tailSize == 184)
        #expect(footer(directory).fits(packSize: size))
        for wrong in [0, size - 1, size + 1, -1, .max] { #expect(!footer(directory).fits(packSize: wrong)) }
        // A directory has its length and what sealing adds, whatever else.
        let empty = PackDirectory(segments: [])
        #expect(footer(empty, sealedLength: 28).fits(packSize: 128 + 28 + 184))
        #expect(!footer(empty, sealedLength: 27).fits(packSize: 128 + 27 + 184))
        // A directory cannot begin in the header.
        let early = try PackFooter(decoding: [127, 0, 0, 0, 100, 0, 0, 0] + [UInt8](repeating: 0, count: 24))
        #expect(!early.fits(packSize: 127 + 100 + 184))
        // The largest numbers of 32 bits.
        let largest = try PackFooter(decoding: [UInt8](repeating: 0xff, count: 24) + [UInt8](repeating: 0, count: 8))
        #expect(!largest.fits(packSize: 1 << 30))
        #expect(!largest.agrees(with: directory))
    }

    @Test("are refused with another length or with reserved bytes that are not zero")
    func refusals() {
        var random = SeededRandom(seed: 14)
        let bytes = footer(random.directory(of: .dataPack)).encoded
        for count in 0..<32 {
            #expect(throws: MalformedBytes.self) { try PackFooter(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: MalformedBytes.self) { try PackFooter(decoding: bytes + [0]) }
        for position in 24..<32 {
            var wrong = bytes
            wrong[position] = 1
            let error = #expect(throws: MalformedBytes.self) { try PackFooter(decoding: wrong) }
            #expect(error?.description == "pack footer: a reserved byte is not zero")
        }
    }

    @Test("of any bytes whatever: refused, or exactly what these bytes say")
    func hostileBytes() {
        var random = SeededRandom(seed: 15)
        let directory = random.directory(of: .dataPack, segments: 2...2)
        let bytes = footer(directory).encoded
        for _ in 0..<5000 {
            let mutated = random.mutation(of: bytes)
            guard let footer = try? PackFooter(decoding: mutated) else { continue }
            #expect(footer.encoded == mutated)
            _ = footer.fits(packSize: Int.random(in: 0...1 << 31, using: &random))
            #expect(!footer.agrees(with: directory) || mutated[..<4] == bytes[..<4] && mutated[8...] == bytes[8...])
        }
    }
}
