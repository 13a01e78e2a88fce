import Backends
import Indexing
import Packing
import Primitives
import Sealing
import Threads

/// Reading what a pack says of itself, from its tail (`format-spec/pack.md`).
extension Repository {
    /// Header and directory of a pack, checked against each other.
    ///
    /// - Parameter size: what a listing says.
    /// - Throws: kinds `damaged`, `unsupported`, `notFound`, `storage`.
    package func readPackRecord(_ id: Digest, size: UInt64) throws(VarveError) -> PackRecord {
        let name = ObjectName(.data, id)
        return try packRecord(id, size: size) { offset, count throws(VarveError) in
            try readBytes(name, at: offset, count: count)
        }
    }

    /// Header and directory of a pack whose bytes are read by `read`, wherever they are.
    package func packRecord(
        _ id: Digest, size: UInt64, _ read: (_ offset: UInt64, _ count: Int) throws(VarveError) -> [UInt8]
    ) throws(VarveError) -> PackRecord {
        let name = ObjectName(.data, id)
        let object = "\(name)"
        guard size >= UInt64(ObjectHeader.byteCount + PackLimits.tailSize), size <= UInt64(PackLimits.packSize) else {
            throw .damaged(object, "a pack cannot have \(size) bytes")
        }
        let guess = min(Int(size), 256 << 10)
        var tail = try read(size - UInt64(guess), guess)
        let header = try ObjectHeader(decoding: tail.suffix(ObjectHeader.byteCount), of: object)
        guard header.type == .dataPack || header.type == .metadataPack else {
            throw .damaged(object, "type \(header.type) does not belong into data/")
        }
        let sealer = try sealer(for: header, object: object)
        let sealedFooter = Array(tail.suffix(PackLimits.tailSize).prefix(PackFooter.sealedSize))
        let footerBytes = try sealer.openPart(sealedFooter, place: .footer, object: object)
        let footer = try decoding(object) { try PackFooter(decoding: footerBytes) }
        guard footer.fits(packSize: Int(size)) else { throw .damaged(object, "its footer does not fit its size") }
        let directoryEnd = Int(footer.directorySealedLength) + PackLimits.tailSize
        if directoryEnd > tail.count {
            tail = try read(UInt64(footer.directoryOffset), directoryEnd)
        }
        let sealedDirectory = Array(tail.suffix(directoryEnd).prefix(Int(footer.directorySealedLength)))
        let directoryBytes = try sealer.openPart(sealedDirectory, place: .directory, object: object)
        let directory = try decoding(object) { try PackDirectory(decoding: directoryBytes, in: header.type) }
        guard footer.agrees(with: directory) else { throw .damaged(object, "footer and directory disagree") }
        return PackRecord(id: id, size: size, header: header, directory: directory)
    }

    /// Reads header and directory of several packs, and gives them to `take` in the same order.
    package func readPackRecords(
        _ packs: [(id: Digest, size: UInt64)],
        _ take: ((id: Digest, size: UInt64), Result<PackRecord, VarveError>) throws(VarveError) -> Void
    ) throws(VarveError) {
        try ParallelMap(width: backend.concurrency).run(packs) { [self] pack throws(VarveError) in
            try readPackRecord(pack.id, size: pack.size)
        } _: { pack, record throws(VarveError) in
            try take(pack, record)
        }
    }

    /// Reads a range of an object into a new array.
    package func readBytes(_ name: ObjectName, at offset: UInt64, count: Int) throws(VarveError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(VarveError) in try backend.read(name, at: offset, into: buffer) }
        }
        try result.get()
        return bytes
    }
}

extension PackRecord {
    /// The pack as the index takes it.
    package var indexed: (pack: IndexedPack, segments: [IndexedSegment]) {
        var offset = UInt32(ObjectHeader.byteCount)
        let segments = directory.segments.map { entry in
            defer { offset += entry.sealedLength }
            return IndexedSegment(entry, at: offset)
        }
        return (IndexedPack(id: id, size: size, header: header.encoded), segments)
    }
}

extension IndexedSegment {
    /// A segment as the directory of its pack has it.
    package init(_ entry: SegmentEntry, at offset: UInt32) {
        self.init(
            offset: offset, sealedLength: entry.sealedLength, rawLength: entry.rawLength, codec: entry.codec.rawValue,
            chunkClass: entry.chunkClass.rawValue, bases: entry.bases,
            chunks: entry.chunks.map { ($0.id, $0.length) })
    }
}
