import Backends
import Packing
import Primitives
import Repositories
import Sealing

/// The plain bytes of a pack's directory; the first byte says which type of pack it is.
struct PackDirectoryTarget: FuzzTarget {
    static let name = "pack-directory"

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let first = bytes.first else { return false }
        let type: ObjectType = first & 1 == 0 ? .dataPack : .metadataPack
        let plain = Array(bytes.dropFirst())
        guard let directory = try accepted({ try PackDirectory(decoding: plain, in: type) }) else { return false }
        let entries = directory.encodedEntries
        try expect(Array(plain.dropFirst(4).prefix(entries.count)) == entries, "a directory encodes to other bytes")
        try expect(plain.dropFirst(4 + entries.count).allSatisfy { $0 == 0 }, "the padding holds something")
        try expect(directory.endOfSegments < PackLimits.packSize, "segments to \(directory.endOfSegments)")
        for segment in directory.segments {
            let sum = segment.chunks.reduce(0) { $0 + Int($1.length) }
            try expect(sum == Int(segment.rawLength) && sum <= PackLimits.rawLength, "a segment of \(sum) bytes")
            try expect(segment.chunkClass.packType == type, "\(segment.chunkClass) in \(type)")
            try expect(segment.chunks.allSatisfy { $0.length > 0 }, "an empty chunk")
        }
        let footer = PackFooter(describing: directory, sealedLength: plain.count + ObjectSealer.overhead)
        try expect(footer.agrees(with: directory), "a footer does not agree with its directory")
        return true
    }
}

/// The plain bytes of a pack's footer.
struct PackFooterTarget: FuzzTarget {
    static let name = "pack-footer"

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let footer = try accepted({ try PackFooter(decoding: bytes) }) else { return false }
        try expect(footer.encoded == bytes, "a footer encodes to other bytes")
        let size = Int(footer.directoryOffset) + Int(footer.directorySealedLength) + PackLimits.tailSize
        try expect(!footer.fits(packSize: size + 1), "a footer fits packs of two sizes")
        return footer.fits(packSize: size)
    }
}

/// The end of a pack that is sealed as it should be, with a directory that is not. The first byte says which type of pack it
/// is, and whether the footer describes the directory or is what follows.
struct PackTarget: FuzzTarget {
    static let name = "pack"

    private let backend = MemoryBackend()
    private let repository: Repository
    private static let longestBody = 1 << 16

    init() throws {
        repository = try Repository.create(
            at: backend, Repository.Parameters(isEncrypted: true), password: SecretBytes([1]),
            environment: RepositoryEnvironment(
                cacheRoot: nil, host: "", user: "", passwordParameters: ScryptParameters(log2N: 10, r: 1, p: 1),
                warn: { _ in }))
    }

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let first = bytes.first else { return false }
        let type: ObjectType = first & 1 == 0 ? .dataPack : .metadataPack
        let hasFooter = first & 2 != 0
        let plain = Array(bytes.dropFirst(hasFooter ? 1 + PackFooter.byteCount : 1))
        let directory = try accepted { try PackDirectory(decoding: plain, in: type) }
        let end = min(directory?.endOfSegments ?? ObjectHeader.byteCount, PackTarget.longestBody)
        let described = PackFooter(
            describing: directory ?? PackDirectory(segments: []), sealedLength: plain.count + ObjectSealer.overhead)
        let footer = hasFooter ? Array(bytes.dropFirst().prefix(PackFooter.byteCount)) : described.encoded

        let header = repository.keys.makeHeader(type: type, session: .zero)
        let sealer = try repository.sealer(for: header, object: "pack")
        var pack = sealer.headerBytes + [UInt8](repeating: 0, count: end - ObjectHeader.byteCount)
        pack += try sealer.sealPart(plain, place: .directory)
        pack += try sealer.sealPart(footer, place: .footer)
        pack += sealer.headerBytes
        let id = Digest(1, 2, 3, 4)
        let name = ObjectName(.data, id)
        backend.put(name, pack)
        defer { backend.delete(name) }
        let size = UInt64(pack.count)
        guard let record = try accepted({ try repository.readPackRecord(id, size: size) }) else {
            let isSound = directory?.endOfSegments == end && footer == described.encoded
            try expect(!isSound, "a sound pack is refused")
            return false
        }
        try expect(record.directory == directory, "a pack has another directory than was written")
        try expect(footer == described.encoded, "a footer that does not describe its directory is taken")
        try expect(record.indexed.segments.count == record.directory.segments.count, "the index knows other segments")
        return true
    }
}
