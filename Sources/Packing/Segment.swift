import Primitives

/// How the bytes of a segment are stored (`format-spec/pack.md`).
package enum SegmentCodec: UInt8, Sendable, CaseIterable {
    /// The raw bytes.
    case stored = 0
    /// One zstd frame.
    case zstd = 1
    /// One zstd frame that refers to the plain bytes of base chunks.
    case zstdWithPrefix = 2

    /// Whether a segment can be read without any other: only such copies serve as bases.
    package var isPlain: Bool { self != .zstdWithPrefix }
}

/// A chunk in a segment or list: its ID and its length in bytes, at least 1.
package struct ChunkEntry: Hashable, Sendable {
    package let id: ChunkID
    package let length: UInt32

    package init(id: ChunkID, length: UInt32) {
        self.id = id
        self.length = length
    }
}

/// The limits of `format-spec/pack.md`.
package enum PackLimits {
    /// Bytes of a pack, so that offsets stay below.
    package static let packSize = 1 << 30
    /// Raw bytes of a segment.
    package static let rawLength = 1 << 25
    /// Raw bytes at which writers end a segment.
    package static let segmentTarget = 1 << 20
    /// Raw bytes at which writers end one with bases.
    package static let deltaTarget = segmentTarget / 8
    /// Segments with less raw bytes are small: where they are copied, they are put together with others and compressed with them.
    package static let smallSegment = segmentTarget / 8
    /// Plain bytes of all bases of a segment.
    package static let prefixLength = 1 << 22
    /// What the length of a pack is padded to.
    package static let padding = 1 << 16
    /// Bytes of a pack that know all that opens the footer: the sealed footer and the second header.
    package static let tailSize = PackFooter.sealedSize + ObjectHeader.byteCount
    /// What sealing adds to any bytes (`format-spec/sealing.md`).
    package static let sealingOverhead = 24
    /// Bytes in a pack at which writers open a second one of its class.
    package static let secondPackThreshold = 4 << 20
}

/// What the directory of a pack says of one segment.
package struct SegmentEntry: Hashable, Sendable {
    package var sealedLength: UInt32
    package var rawLength: UInt32
    package var codec: SegmentCodec
    package var chunkClass: ChunkClass
    package var chunks: [ChunkEntry]
    /// The chunks whose plain bytes are the prefix; empty unless the codec is ``SegmentCodec/zstdWithPrefix``.
    package var bases: [ChunkID]

    package init(
        sealedLength: UInt32, rawLength: UInt32, codec: SegmentCodec, chunkClass: ChunkClass, chunks: [ChunkEntry],
        bases: [ChunkID] = []
    ) {
        self.sealedLength = sealedLength
        self.rawLength = rawLength
        self.codec = codec
        self.chunkClass = chunkClass
        self.chunks = chunks
        self.bases = bases
    }

    /// Each chunk with its place in the raw bytes.
    package var chunkRanges: [(id: ChunkID, range: Range<Int>)] {
        var position = 0
        return chunks.map { chunk in
            defer { position += Int(chunk.length) }
            return (chunk.id, position..<position + Int(chunk.length))
        }
    }

    /// The size of the entry in a directory.
    package var encodedSize: Int { 20 + 36 * chunks.count + 32 * bases.count }

    func encode(to writer: inout ByteWriter) {
        writer.appendInteger(sealedLength)
        writer.appendInteger(rawLength)
        writer.append(codec.rawValue)
        writer.append(chunkClass.rawValue)
        writer.appendInteger(UInt16(0))
        writer.appendInteger(UInt32(chunks.count))
        writer.appendInteger(UInt32(bases.count))
        for chunk in chunks {
            writer.append(chunk.id)
            writer.appendInteger(chunk.length)
        }
        for base in bases { writer.append(base) }
    }

    init(from reader: inout ByteReader, in packType: ObjectType) throws(MalformedBytes) {
        sealedLength = try reader.readInteger()
        rawLength = try reader.readInteger()
        let codecByte = try reader.readInteger(UInt8.self)
        let classByte = try reader.readInteger(UInt8.self)
        guard let codec = SegmentCodec(rawValue: codecByte) else {
            throw reader.malformed("codec \(codecByte) is unknown")
        }
        guard let chunkClass = ChunkClass(rawValue: classByte), chunkClass.packType == packType else {
            throw reader.malformed("class \(classByte) does not belong into this type of pack")
        }
        self.codec = codec
        self.chunkClass = chunkClass
        try reader.readZeros(2)
        let chunkCount = Int(try reader.readInteger(UInt32.self))
        let baseCount = Int(try reader.readInteger(UInt32.self))
        guard chunkCount > 0, chunkCount <= reader.remaining / 36 else {
            throw reader.malformed("a segment of \(chunkCount) chunks")
        }
        guard (baseCount > 0) == (codec == .zstdWithPrefix), baseCount <= reader.remaining / 32 else {
            throw reader.malformed("a segment of codec \(codecByte) with \(baseCount) bases")
        }
        chunks = []
        chunks.reserveCapacity(chunkCount)
        var sum = 0
        for _ in 0..<chunkCount {
            let chunk = ChunkEntry(id: try reader.readDigest(), length: try reader.readInteger())
            guard chunk.length > 0 else { throw reader.malformed("a chunk of 0 bytes") }
            sum += Int(chunk.length)
            chunks.append(chunk)
        }
        bases = []
        for _ in 0..<baseCount { bases.append(try reader.readDigest()) }
        guard sum == Int(rawLength), sum <= PackLimits.rawLength else {
            throw reader.malformed("chunks of \(sum) bytes in a segment of \(rawLength)")
        }
        let storedLength = Int(sealedLength) - PackLimits.sealingOverhead
        guard storedLength >= 0, codec != .stored || storedLength == sum else {
            throw reader.malformed("a segment of codec \(codecByte) with \(sealedLength) sealed bytes of \(sum)")
        }
    }
}
