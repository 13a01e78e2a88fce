import Primitives

/// Which segments a pack holds, in order of their offsets (`format-spec/pack.md`).
package struct PackDirectory: Hashable, Sendable {
    package let segments: [SegmentEntry]

    package init(segments: [SegmentEntry]) { self.segments = segments }

    /// The entries, as they stand in index objects and, with a length before and padding behind, in packs.
    package var encodedEntries: [UInt8] {
        var writer = ByteWriter(reservingCapacity: segments.reduce(0) { $0 + $1.encodedSize })
        for segment in segments { segment.encode(to: &writer) }
        return writer.bytes
    }

    /// Reads entries without length and padding.
    ///
    /// - Throws: `MalformedBytes` where they break the format.
    package init(decodingEntries bytes: ArraySlice<UInt8>, in packType: ObjectType) throws(MalformedBytes) {
        var reader = ByteReader(bytes, of: "pack directory")
        var segments: [SegmentEntry] = []
        var end = ObjectHeader.byteCount
        while !reader.isAtEnd {
            let segment = try SegmentEntry(from: &reader, in: packType)
            end += Int(segment.sealedLength)
            guard end < PackLimits.packSize else { throw reader.malformed("segments reach beyond 1 GiB") }
            segments.append(segment)
        }
        self.segments = segments
    }

    /// Reads the plain bytes of a pack's directory: length, entries, padding.
    package init(decoding bytes: [UInt8], in packType: ObjectType) throws(MalformedBytes) {
        var reader = ByteReader(bytes, of: "pack directory")
        let length = Int(try reader.readInteger(UInt32.self))
        let entries = try reader.readSlice(length)
        try reader.readZeros(reader.remaining)
        try self.init(decodingEntries: entries, in: packType)
    }

    /// The offset behind the last segment: where the directory begins.
    package var endOfSegments: Int { segments.reduce(ObjectHeader.byteCount) { $0 + Int($1.sealedLength) } }
}

/// The fixed-size end of a pack, from which its directory is found (`format-spec/pack.md`).
package struct PackFooter: Hashable, Sendable {
    package static let byteCount = 32
    package static let sealedSize = byteCount + PackLimits.sealingOverhead

    package let directoryOffset: UInt32
    package let directorySealedLength: UInt32
    package let segmentCount: UInt32
    package let chunkCount: UInt32
    package let rawLength: UInt64

    package var encoded: [UInt8] {
        var writer = ByteWriter(reservingCapacity: PackFooter.byteCount)
        writer.appendInteger(directoryOffset)
        writer.appendInteger(directorySealedLength)
        writer.appendInteger(segmentCount)
        writer.appendInteger(chunkCount)
        writer.appendInteger(rawLength)
        writer.appendZeros(8)
        return writer.bytes
    }

    package init(describing directory: PackDirectory, sealedLength: Int) {
        directoryOffset = UInt32(directory.endOfSegments)
        directorySealedLength = UInt32(sealedLength)
        segmentCount = UInt32(directory.segments.count)
        chunkCount = UInt32(directory.segments.reduce(0) { $0 + $1.chunks.count })
        rawLength = directory.segments.reduce(0) { $0 + UInt64($1.rawLength) }
    }

    init(directoryOffset: Int, directorySealedLength: Int, segments: Int, chunks: Int, rawLength: UInt64) {
        self.directoryOffset = UInt32(directoryOffset)
        self.directorySealedLength = UInt32(directorySealedLength)
        self.segmentCount = UInt32(segments)
        self.chunkCount = UInt32(chunks)
        self.rawLength = rawLength
    }

    package init(decoding bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes, of: "pack footer")
        directoryOffset = try reader.readInteger()
        directorySealedLength = try reader.readInteger()
        segmentCount = try reader.readInteger()
        chunkCount = try reader.readInteger()
        rawLength = try reader.readInteger()
        try reader.readZeros(8)
        try reader.expectEnd()
    }

    /// Whether a pack of `packSize` bytes can end so.
    package func fits(packSize: Int) -> Bool {
        Int(directoryOffset) >= ObjectHeader.byteCount
            && Int(directoryOffset) + Int(directorySealedLength) + PackLimits.tailSize == packSize
            && Int(directorySealedLength) >= PackLimits.sealingOverhead + 4
    }

    /// Whether it says the same as the directory.
    package func agrees(with directory: PackDirectory) -> Bool {
        self == PackFooter(describing: directory, sealedLength: Int(directorySealedLength))
    }
}
