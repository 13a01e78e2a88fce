import Packing
import Primitives
import SeededData
import Testing

@Suite("PackAssembler and SegmentBuilder")
struct PackAssemblerTests {
    /// The size of the whole pack that the assembler describes now.
    private func size(of assembler: PackAssembler) -> Int {
        assembler.nextOffset + assembler.directoryPlainBytes.count + PackLimits.sealingOverhead + PackLimits.tailSize
    }

    @Test("makes packs whose length is a multiple of 64 KiB and whose parts agree")
    func agreement() throws {
        var random = SeededRandom(seed: 21)
        for _ in 0..<40 {
            let type = random.packType()
            let directory = random.directory(of: type, segments: 0...40)
            var assembler = PackAssembler()
            #expect(assembler.isEmpty && assembler.nextOffset == ObjectHeader.byteCount)
            for segment in directory.segments {
                #expect(
                    assembler.hasRoom(
                        forSealedLength: Int(segment.sealedLength), chunks: segment.chunks.count,
                        bases: segment.bases.count))
                assembler.append(segment)
            }
            #expect(assembler.isEmpty == directory.segments.isEmpty)
            #expect(assembler.nextOffset == directory.endOfSegments)
            #expect(assembler.rawByteCount == directory.segments.reduce(0) { $0 + UInt64($1.rawLength) })
            #expect(assembler.directoryEntries == directory.encodedEntries)
            #expect(size(of: assembler) % 65_536 == 0)
            #expect((0..<65_536).contains(size(of: assembler) - assembler.unpaddedSize))
            #expect(try PackDirectory(decoding: assembler.directoryPlainBytes, in: type) == directory)
            let footer = assembler.footer
            #expect(footer.agrees(with: directory))
            #expect(footer.fits(packSize: size(of: assembler)))
            #expect(try PackFooter(decoding: footer.encoded) == footer)
        }
    }

    @Test("adds no padding where the length is a multiple of 64 KiB by itself, and nearly 64 KiB one byte later")
    func paddingBoundary() throws {
        func assembler(missing: Int) -> PackAssembler {
            var assembler = PackAssembler()
            let room = 2 * 65_536 - assembler.unpaddedSize - 20 - 36 - missing
            assembler.append(
                SegmentEntry(
                    sealedLength: UInt32(room), rawLength: 9, codec: .zstd, chunkClass: .data,
                    chunks: [ChunkEntry(id: Digest(1, 2, 3, 4), length: 9)]))
            return assembler
        }
        for (missing, size) in [(1, 131_072), (0, 131_072), (-1, 196_608)] {
            let assembler = assembler(missing: missing)
            #expect(assembler.unpaddedSize == 131_072 - missing)
            #expect(self.size(of: assembler) == size)
            #expect(assembler.footer.fits(packSize: size))
        }
    }

    @Test("has room for what keeps the padded pack within 1 GiB, and not for a byte that would not")
    func roomBoundary() throws {
        var assembler = PackAssembler()
        let large = SegmentEntry(
            sealedLength: 1 << 25, rawLength: 1 << 25, codec: .zstd, chunkClass: .data,
            chunks: [ChunkEntry(id: Digest(1, 2, 3, 4), length: 1 << 25)])
        while assembler.hasRoom(forSealedLength: 1 << 25, chunks: 1, bases: 0) { assembler.append(large) }
        #expect(assembler.nextOffset == 128 + 31 << 25)
        let largest = (1..<1 << 25).partitioningIndex {
            !assembler.hasRoom(forSealedLength: $0, chunks: 3, bases: 2)
        }
        #expect(largest > 24)
        assembler.append(
            SegmentEntry(
                sealedLength: UInt32(largest), rawLength: 3, codec: .zstdWithPrefix, chunkClass: .data,
                chunks: [UInt64](1...3).map { ChunkEntry(id: Digest($0, 0, 0, 0), length: 1) },
                bases: [Digest(4, 0, 0, 0), Digest(5, 0, 0, 0)]))
        #expect(size(of: assembler) <= 1 << 30)
        #expect(size(of: assembler) > (1 << 30) - 2 * 65_536)
        #expect(!assembler.hasRoom(forSealedLength: 24, chunks: 1, bases: 0))
        let directory = try PackDirectory(decoding: assembler.directoryPlainBytes, in: .dataPack)
        #expect(directory.segments.count == 32)
        #expect(assembler.footer.agrees(with: directory))
        #expect(assembler.footer.fits(packSize: size(of: assembler)))
    }

    @Test("reckons with the entries of a segment, not only with its bytes")
    func roomForEntries() {
        let assembler = PackAssembler()
        let limit = (1 << 30) / 36
        #expect(assembler.hasRoom(forSealedLength: 24, chunks: limit - 10_000, bases: 0))
        #expect(!assembler.hasRoom(forSealedLength: 24, chunks: limit, bases: 0))
        #expect(!assembler.hasRoom(forSealedLength: 24, chunks: 1, bases: (1 << 30) / 32))
    }

    @Test("a segment is full once it holds 1 MiB")
    func segmentBuilder() {
        var builder = SegmentBuilder(chunkClass: .list)
        #expect(builder.isEmpty && !builder.isFull && builder.count == 0 && builder.chunkClass == .list)
        let first = ChunkEntry(id: Digest(1, 2, 3, 4), length: (1 << 20) - 1)
        builder.append(first)
        #expect(!builder.isEmpty && !builder.isFull)
        let second = ChunkEntry(id: Digest(5, 6, 7, 8), length: 1)
        builder.append(second)
        #expect(builder.isFull && builder.count == 1 << 20)
        #expect(builder.chunks == [first, second])
    }
}

extension Range<Int> {
    /// The first number for which `isBeyond` holds less one, where it holds for all after.
    fileprivate func partitioningIndex(_ isBeyond: (Int) -> Bool) -> Int {
        var range = self
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = isBeyond(middle) ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound - 1
    }
}
