import Backends
import FileIO
import FormatVectors
import Hashing
import Packing
import Primitives
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Maintenance
@testable import Repositories
@testable import Sealing

/// `format-spec/vectors/pack.json`, whole packs: read to the last byte, made again byte for byte, and refused where they are wrong.
struct PackVectorTests {
    private struct File: Decodable {
        let repository: HexBytes
        let packs: [Pack]
        let invalidPacks: [InvalidPack]
    }

    private struct Pack: Decodable {
        let description: String
        let encrypted: Bool
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K_id: HexBytes?
        let ikm: HexBytes?
        let header: HexBytes
        let name: HexBytes
        let segments: [Segment]
        let packZlibBase64: ZlibText
    }

    private struct Segment: Decodable {
        let level: Int8
        let zstdVersion: UInt32
        let chunks: [Chunk]
        let stored: HexBytes
    }

    private struct Chunk: Decodable {
        let id: HexBytes
        let plain: HexBytes
    }

    private struct InvalidPack: Decodable {
        let reason: String
        let description: String
        let packZlibBase64: ZlibText
    }

    private let file: File

    init() throws { file = try Vectors.load("pack") }

    /// A repository that holds one pack.
    private func repository(
        _ pack: [UInt8], name: Digest, keys: RepositoryKeys, _ backend: MemoryBackend = MemoryBackend()
    ) throws -> Repository {
        backend.put(ObjectName(.data, name), pack)
        let configuration = RepositoryConfiguration(
            repository: keys.repository, location: .zero, isEncrypted: keys.isEncrypted, chunker: .standard,
            packSize: 1 << 20, created: Timestamp(nanoseconds: 0))
        return try Repository(
            backend: backend, configuration: configuration, keys: keys, environment: TestRepository.environment())
    }

    private func keys(of pack: Pack) throws -> RepositoryKeys {
        let repository = try file.repository.identifier()
        guard let material = pack.ikm, let idKey = pack.K_id else { return .none(repository: repository) }
        let header = try ObjectHeader(decoding: pack.header.bytes[...], of: "vector")
        var id = ByteWriter()
        id.appendInteger(header.keyID)
        id.appendZeros(12)
        let master = MasterKey(
            epoch: header.keyEpoch, id: try #require(Identifier(bytes: id.bytes)), key: SecretBytes(material.bytes))
        let unused = SecretBytes([UInt8](repeating: 0, count: 32))
        return RepositoryKeys(
            repository: repository, rootKey: unused,
            keyring: Keyring(
                masterKeys: [master], chunkIDKey: SecretBytes(idKey.bytes), chunkerKey: unused, indexKey: unused,
                created: 0))
    }

    private func check(_ repository: Repository) throws -> CheckReport {
        try CheckRun(repository, readsData: true, width: 1, cancellation: Cancellation()).run()
    }

    @Test func wholePacksAreRead() throws {
        #expect(file.packs.count >= 3)
        for pack in file.packs {
            let bytes = pack.packZlibBase64.bytes
            let name = try pack.name.digest()
            #expect(SHA256Hasher.digest(of: bytes) == name)
            let repository = try repository(bytes, name: name, keys: try keys(of: pack))
            let report = try check(repository)
            #expect(report.problems.map(\.severity) == [.note], "\(report.problems)")
            #expect(report.readBytes >= UInt64(bytes.count - 128))

            let record = try repository.readPackRecord(name, size: UInt64(bytes.count))
            #expect(record.header.encoded == pack.header.bytes)
            let index = try repository.loadIndex(readsUnindexedPacks: true)
            let reader = SegmentReader(repository: repository, index: index.chunks)
            for (segment, entry) in zip(pack.segments, record.directory.segments) {
                for chunk in segment.chunks {
                    let plain = try reader.chunk(try chunk.id.digest(), as: entry.chunkClass)
                    #expect(plain == chunk.plain.bytes, "\(pack.description)")
                }
            }
        }
    }

    @Test func wholePacksAreMadeAgain() throws {
        for pack in file.packs {
            let bytes = pack.packZlibBase64.bytes
            let keys = try keys(of: pack)
            let repository = try repository(bytes, name: try pack.name.digest(), keys: keys)
            let record = try repository.readPackRecord(try pack.name.digest(), size: UInt64(bytes.count))
            let sealer = try keys.sealer(for: record.header, object: "vector")
            var assembler = PackAssembler()
            var made = sealer.headerBytes
            for (segment, entry) in zip(pack.segments, record.directory.segments) {
                let determinant = SegmentDeterminant(
                    codec: entry.codec.rawValue, level: segment.level, zstdVersion: segment.zstdVersion,
                    chunks: entry.chunks.map { ($0.id, $0.length) }, bases: entry.bases)
                let sealed = Buffer(capacity: Int(entry.sealedLength))
                try segment.stored.bytes.withUnsafeBytes { stored in
                    try sealer.sealSegment(
                        stored: stored, offset: UInt32(made.count), codec: entry.codec.rawValue,
                        rawLength: entry.rawLength, determinant: determinant.bytes, into: sealed.bytes)
                }
                made += Array(sealed.bytes)
                assembler.append(entry)
            }
            made += try sealer.sealPart(assembler.directoryPlainBytes, place: .directory)
            made += try sealer.sealPart(assembler.footer.encoded, place: .footer)
            made += sealer.headerBytes
            #expect(made == bytes, "\(pack.description)")
        }
    }

    @Test func wrongPacksAreDamage() throws {
        #expect(file.invalidPacks.count >= 11)
        for pack in file.invalidPacks {
            let bytes = pack.packZlibBase64.bytes
            // The name fits the bytes: what is wrong must be found in them.
            let name = SHA256Hasher.digest(of: bytes)
            let keys = RepositoryKeys.none(repository: try file.repository.identifier())
            let repository = try repository(bytes, name: name, keys: keys)
            let report = try check(repository)
            if ["base", "depth"].contains(pack.reason) {
                // Nobody can read it; nor does anybody need it.
                #expect(!report.isDamaged, "\(report.problems)")
                try expectUnreadableDeltas(in: name, UInt64(bytes.count), repository)
                continue
            }
            #expect(report.isDamaged, "\(pack.description)")
            let isNamed = report.problems.contains { $0.object.contains(name.hex) && $0.severity == .damage }
            #expect(isNamed, "\(pack.description): \(report.problems)")
        }
    }

    /// A base that is missing, or itself a delta, makes all of a segment unreadable.
    private func expectUnreadableDeltas(in pack: Digest, _ size: UInt64, _ repository: Repository) throws {
        let record = try repository.readPackRecord(pack, size: size)
        let reader = SegmentReader(
            repository: repository, index: try repository.loadIndex(readsUnindexedPacks: true).chunks)
        var failures = 0
        for segment in record.directory.segments where segment.codec == .zstdWithPrefix {
            for chunk in segment.chunks {
                do throws(VarveError) {
                    _ = try reader.chunk(chunk.id, as: segment.chunkClass)
                } catch {
                    #expect(error.kind == .damaged)
                    failures += 1
                }
            }
        }
        #expect(failures > 0)
    }
}
