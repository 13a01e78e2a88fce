import FileIO
import Hashing
import Packing
import Primitives
import Sealing

/// A pack that is being written to a temporary file. One thread at a time.
final class OpenPack {
    let type: ObjectType
    let sealer: ObjectSealer
    private let file: TemporaryFile
    private(set) var assembler = PackAssembler()
    private var hasher = SHA256Hasher()

    /// A pack that is complete but has not been put yet.
    struct Finished: Sendable {
        let record: PackRecord
        let file: TemporaryFile
        let rawBytes: UInt64
    }

    /// - Parameter folder: where the pack grows.
    init(_ type: ObjectType, of repository: Repository, session: Identifier, in folder: BytePath) throws(VarveError) {
        self.type = type
        let header = repository.keys.makeHeader(type: type, session: session, random: repository.environment.random)
        sealer = try repository.keys.sealer(for: header, object: "new pack")
        file = try reportingErrors(as: .storage) { () throws(SystemError) in
            try TemporaryFile.create(in: folder, random: SystemRandom())
        }
        try write(sealer.headerBytes)
    }

    /// Whether a segment must go into another pack.
    func hasRoom(for segment: SegmentEntry) -> Bool {
        assembler.directoryEntries.count + segment.encodedSize <= OpenPack.directoryLimit
            && assembler.hasRoom(
                forSealedLength: Int(segment.sealedLength), chunks: segment.chunks.count, bases: segment.bases.count)
    }

    /// The most bytes of a directory, whatever the size of packs: it must go into an index object with others beside it.
    private static let directoryLimit = 128 << 20

    /// Appends a segment that was sealed for ``PackAssembler/nextOffset``.
    func append(_ segment: SegmentEntry, sealed: UnsafeRawBufferPointer) throws(VarveError) {
        precondition(sealed.count == Int(segment.sealedLength))
        try reportingErrors(as: .storage) { () throws(SystemError) in try file.file.write(sealed) }
        hasher.update(sealed)
        assembler.append(segment)
    }

    /// Writes directory, footer and second header.
    func finish() throws(VarveError) -> Finished {
        try write(try sealer.sealPart(assembler.directoryPlainBytes, place: .directory))
        try write(try sealer.sealPart(assembler.footer.encoded, place: .footer))
        try write(sealer.headerBytes)
        let size = try reportingErrors(as: .storage) { () throws(SystemError) in try file.file.size() }
        let entries = assembler.directoryEntries
        let id = hasher.finalized()
        let directory = try decoding("pack \(id.shortHex)") {
            try PackDirectory(decodingEntries: entries[...], in: type)
        }
        return Finished(
            record: PackRecord(id: id, size: UInt64(size), header: sealer.header, directory: directory), file: file,
            rawBytes: assembler.rawByteCount)
    }

    private func write(_ bytes: [UInt8]) throws(VarveError) {
        try reportingErrors(as: .storage) { () throws(SystemError) in try file.file.write(bytes) }
        hasher.update(bytes)
    }
}
