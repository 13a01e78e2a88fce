import FormatVectors
import Packing
import Primitives
import Testing

/// The plain parts of the packs and index objects in `format-spec/vectors`, in both directions.
@Suite("Test vectors of packs")
struct PackVectorTests {
    private struct PackFile: Decodable {
        struct Pack: Decodable {
            let size: Int
            let header: HexBytes
            let segments: [Segment]
            let entries: HexBytes
            let directoryPlainLength: Int
            let footerPlain: HexBytes
        }

        struct Segment: Decodable {
            let offset: Int
            let codec: UInt8
            let `class`: UInt8
            let rawLength: UInt32
            let sealedLength: UInt32
            let chunks: [Chunk]
            let bases: [HexBytes]
            let entry: HexBytes
        }

        struct Chunk: Decodable {
            let id: HexBytes
            let length: UInt32
        }

        struct InvalidDirectory: Decodable {
            let description: String
            let packType: UInt8
            let entries: HexBytes?
            let directoryPlain: HexBytes?
        }

        struct InvalidFooter: Decodable {
            let description: String
            let packSize: Int
            let plain: HexBytes
        }

        let packs: [Pack]
        let invalidDirectories: [InvalidDirectory]
        let invalidFooters: [InvalidFooter]
    }

    private struct IndexFile: Decodable {
        struct Object: Decodable {
            let packs: [Pack]
        }

        struct Pack: Decodable {
            let size: Int
            let header: HexBytes
            let entries: HexBytes
        }

        /// Records have packs of another form, or none.
        struct Valid: Decodable {
            let type: UInt8
            let object: Object?

            enum CodingKeys: CodingKey { case type }

            init(from decoder: any Decoder) throws {
                type = try decoder.container(keyedBy: CodingKeys.self).decode(UInt8.self, forKey: .type)
                object = type == ObjectType.index.rawValue ? try Object(from: decoder) : nil
            }
        }

        let valid: [Valid]
    }

    private func entry(_ segment: PackFile.Segment) throws -> SegmentEntry {
        SegmentEntry(
            sealedLength: segment.sealedLength, rawLength: segment.rawLength,
            codec: try #require(SegmentCodec(rawValue: segment.codec)),
            chunkClass: try #require(ChunkClass(rawValue: segment.class)),
            chunks: try segment.chunks.map {
                ChunkEntry(id: try $0.id.digest(), length: $0.length)
            },
            bases: try segment.bases.map { try $0.digest() })
    }

    @Test("directories and footers are written and read as the vectors have them")
    func packs() throws {
        let file: PackFile = try Vectors.load("pack")
        #expect(!file.packs.isEmpty)
        for pack in file.packs {
            let type = try ObjectHeader(decoding: pack.header.bytes[...], of: "pack").type
            var assembler = PackAssembler()
            for segment in pack.segments {
                #expect(assembler.nextOffset == segment.offset)
                let entry = try entry(segment)
                #expect(PackDirectory(segments: [entry]).encodedEntries == segment.entry.bytes)
                assembler.append(entry)
            }
            #expect(assembler.directoryEntries == pack.entries.bytes)
            #expect(assembler.directoryPlainBytes.count == pack.directoryPlainLength)
            #expect(assembler.footer.encoded == pack.footerPlain.bytes)

            let directory = try PackDirectory(decodingEntries: pack.entries.bytes[...], in: type)
            #expect(try directory.segments == pack.segments.map(entry))
            #expect(try PackDirectory(decoding: assembler.directoryPlainBytes, in: type) == directory)
            let footer = try PackFooter(decoding: pack.footerPlain.bytes)
            #expect(footer.agrees(with: directory) && footer.fits(packSize: pack.size))
        }
    }

    @Test("directories that break the format are refused")
    func invalidDirectories() throws {
        let file: PackFile = try Vectors.load("pack")
        #expect(file.invalidDirectories.count > 20)
        for invalid in file.invalidDirectories {
            let type = try #require(ObjectType(rawValue: invalid.packType))
            #expect(throws: MalformedBytes.self, "\(invalid.description)") {
                if let entries = invalid.entries {
                    _ = try PackDirectory(decodingEntries: entries.bytes[...], in: type)
                } else {
                    _ = try PackDirectory(decoding: try #require(invalid.directoryPlain).bytes, in: type)
                }
            }
        }
    }

    @Test("footers that break the format, or do not fit their pack, are refused")
    func invalidFooters() throws {
        let file: PackFile = try Vectors.load("pack")
        #expect(!file.invalidFooters.isEmpty)
        for invalid in file.invalidFooters {
            let footer = try? PackFooter(decoding: invalid.plain.bytes)
            #expect(footer?.fits(packSize: invalid.packSize) != true, "\(invalid.description)")
        }
    }

    @Test("directory entries in index objects are written and read as the vectors have them")
    func indexObjects() throws {
        let file: IndexFile = try Vectors.load("index")
        let packs = file.valid.compactMap(\.object).flatMap(\.packs)
        #expect(!packs.isEmpty)
        for pack in packs {
            let type = try ObjectHeader(decoding: pack.header.bytes[...], of: "pack").type
            let directory = try PackDirectory(decodingEntries: pack.entries.bytes[...], in: type)
            #expect(directory.encodedEntries == pack.entries.bytes)
            #expect(directory.endOfSegments + PackLimits.tailSize < pack.size)
        }
    }
}
