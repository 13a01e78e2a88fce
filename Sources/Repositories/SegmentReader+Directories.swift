import Backends
import Packing
import Primitives
import Sealing
import Threads

/// Segments that are found by the directory of their pack.
extension SegmentReader {
    /// The stored bytes of a segment, opened and not decompressed, found by the directory of its pack.
    package func storedBytes(
        of segment: SegmentEntry, at offset: UInt32, in pack: PackRecord
    ) throws(VarveError) -> Buffer {
        let sealed = try repository.readBytes(
            ObjectName(.data, pack.id), at: UInt64(offset), count: Int(segment.sealedLength))
        return try storedBytes(of: segment, sealed: sealed, offset: offset, in: pack)
    }

    /// Likewise, of a segment that was read already.
    ///
    /// - Parameter sealed: the segment as it stands in its pack.
    package func storedBytes(
        of segment: SegmentEntry, sealed: [UInt8], offset: UInt32, in pack: PackRecord
    ) throws(VarveError) -> Buffer {
        let name = ObjectName(.data, pack.id)
        let object = "\(name), segment at \(offset)"
        guard segment.sealedLength > ObjectSealer.overhead else { throw .damaged(object, "nothing is stored in it") }
        let stored = Buffer(capacity: sealed.count - ObjectSealer.overhead)
        let sealer = try repository.sealer(for: pack.header, object: object)
        try sealed.withUnsafeBytes { sealed in
            Result { () throws(VarveError) in
                try sealer.openSegment(
                    sealed, offset: offset, codec: segment.codec.rawValue, rawLength: segment.rawLength,
                    into: stored.bytes, object: object)
            }
        }.get()
        return stored
    }

    /// A segment found by the directory of its pack; it is not kept.
    package func segment(
        _ segment: SegmentEntry, at offset: UInt32, in pack: PackRecord
    ) throws(VarveError) -> DecodedSegment {
        let name = ObjectName(.data, pack.id)
        return try decode(
            segment, sealed: try repository.readBytes(name, at: UInt64(offset), count: Int(segment.sealedLength)),
            offset: offset, in: pack)
    }

    /// Opens and decompresses the sealed bytes of a segment, as they stand in its pack.
    package func decode(
        _ segment: SegmentEntry, sealed: [UInt8], offset: UInt32, in pack: PackRecord
    ) throws(VarveError) -> DecodedSegment {
        let object = "\(ObjectName(.data, pack.id)), segment at \(offset)"
        let prefix =
            segment.codec == .zstdWithPrefix
            ? try self.prefix(segment.bases, as: segment.chunkClass, object: object) : nil
        defer { prefix?.release() }
        let sealer = try repository.sealer(for: pack.header, object: object)
        let context = try takeContext()
        defer { contexts.withLock { $0.append(context) } }
        return try sealed.withUnsafeBytes { sealed in
            Result { () throws(VarveError) in
                try open(
                    sealed, offset: offset, codec: segment.codec, rawLength: segment.rawLength, prefix: prefix, sealer,
                    context.value, object: object)
            }
        }.get()
    }

    /// Checks the sealed bytes of a segment, as they stand in its pack, down to the ID of every chunk.
    package func check(
        _ segment: SegmentEntry, sealed: [UInt8], offset: UInt32, in pack: PackRecord
    ) throws(VarveError) {
        let decoded = try decode(segment, sealed: sealed, offset: offset, in: pack)
        let chunks = segment.chunkRanges
        if areRight(chunks, as: segment.chunkClass, in: decoded) { return }
        for chunk in chunks where !areRight([chunk], as: segment.chunkClass, in: decoded) {
            throw .damaged(
                "\(ObjectName(.data, pack.id)), segment at \(offset)",
                "\(segment.chunkClass) chunk \(chunk.id.shortHex) does not match its ID")
        }
    }
}
