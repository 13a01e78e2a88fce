import Primitives

/// A pack as the index knows it.
package struct IndexedPack: Hashable, Sendable {
    package let id: Digest
    /// Bytes of the whole pack.
    package let size: UInt64
    /// The 128 bytes of its header, from which its keys are derived.
    package let header: [UInt8]

    package init(id: Digest, size: UInt64, header: [UInt8]) {
        precondition(header.count == ObjectHeader.byteCount)
        self.id = id
        self.size = size
        self.header = header
    }
}

/// A segment as the index knows it.
package struct IndexedSegment: Hashable, Sendable {
    package let offset: UInt32
    package let sealedLength: UInt32
    package let rawLength: UInt32
    /// The codec's number; 2 stands for a segment that needs its bases.
    package let codec: UInt8
    package let chunkClass: UInt8
    package let bases: [ChunkID]
    package let chunks: [(id: ChunkID, length: UInt32)]

    package init(
        offset: UInt32, sealedLength: UInt32, rawLength: UInt32, codec: UInt8, chunkClass: UInt8, bases: [ChunkID],
        chunks: [(id: ChunkID, length: UInt32)]
    ) {
        self.offset = offset
        self.sealedLength = sealedLength
        self.rawLength = rawLength
        self.codec = codec
        self.chunkClass = chunkClass
        self.bases = bases
        self.chunks = chunks
    }

    package static func == (a: IndexedSegment, b: IndexedSegment) -> Bool {
        a.offset == b.offset && a.sealedLength == b.sealedLength && a.rawLength == b.rawLength && a.codec == b.codec
            && a.chunkClass == b.chunkClass && a.bases == b.bases && a.chunks.elementsEqual(b.chunks) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(offset) }
}

/// Where a chunk is: in which segment of which pack, and where in its raw bytes.
package struct ChunkLocation: Hashable, Sendable {
    /// The pack's number in the ``ChunkIndex`` that gave the location.
    package let pack: UInt32
    package let segmentOffset: UInt32
    package let sealedLength: UInt32
    package let rawLength: UInt32
    package let codec: UInt8
    package let chunkClass: UInt8
    /// Where in the raw bytes of the segment the chunk begins.
    package let offset: UInt32
    /// Bytes of the chunk.
    package let length: UInt32
    /// The chunks that serve as prefix; empty unless the codec is 2.
    package let bases: [ChunkID]

    /// Names the segment within one index.
    package var segment: SegmentKey { SegmentKey(pack: pack, offset: segmentOffset) }
}

/// Names a segment within one index.
package struct SegmentKey: Hashable, Sendable, Comparable {
    package let pack: UInt32
    package let offset: UInt32

    package init(pack: UInt32, offset: UInt32) {
        self.pack = pack
        self.offset = offset
    }

    package static func < (a: SegmentKey, b: SegmentKey) -> Bool { (a.pack, a.offset) < (b.pack, b.offset) }
}

/// The fixed-size part of a segment in a table of the index.
struct SegmentRow {
    static let byteCount = 32
    var pack: UInt32
    var offset: UInt32
    var sealedLength: UInt32
    var rawLength: UInt32
    var codec: UInt8
    var chunkClass: UInt8
    var firstBase: UInt32
    var baseCount: UInt32
}

/// A chunk in a table of the index: its segment is a number within the same table.
struct ChunkRow {
    static let byteCount = 48
    var id: ChunkID
    var segment: UInt32
    var offset: UInt32
    var length: UInt32

    init(id: ChunkID, segment: UInt32, offset: UInt32, length: UInt32) {
        self.id = id
        self.segment = segment
        self.offset = offset
        self.length = length
    }

    /// Reads a row of a run; `nil` where it is not what was written.
    init?(checking row: UnsafeRawBufferPointer) {
        func number(_ offset: Int) -> UInt32 { row.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
        guard row.count == ChunkRow.byteCount, let base = row.baseAddress else { return nil }
        self.init(id: Digest(loadingFrom: base), segment: number(32), offset: number(36), length: number(40))
        if check != number(44) { return nil }
    }

    /// Stands behind the other fields in a run, and tells whether they are what was written.
    var check: UInt32 {
        var sum = RunChecksum()
        sum.add(id.w0)
        sum.add(id.w1)
        sum.add(id.w2)
        sum.add(id.w3)
        sum.add(UInt64(segment) << 32 | UInt64(offset))
        sum.add(UInt64(length))
        return UInt32(truncatingIfNeeded: sum.value)
    }

    static func comesBefore(_ a: ChunkID, _ b: ChunkID) -> Bool {
        let x = a.w0.byteSwapped
        let y = b.w0.byteSwapped
        if x != y { return x < y }
        if a.w1 != b.w1 { return a.w1 < b.w1 }
        if a.w2 != b.w2 { return a.w2 < b.w2 }
        return a.w3 < b.w3
    }

    /// Which of `bucketCount` equal parts of the ID space the chunk falls into; monotone in the order of the table.
    static func bucket(of id: ChunkID, among bucketCount: Int) -> Int {
        Int(id.w0.byteSwapped.multipliedFullWidth(by: UInt64(bucketCount)).high)
    }

    /// Two bytes of the ID that have no part in the bucket.
    static func fingerprint(of id: ChunkID) -> UInt16 { UInt16(truncatingIfNeeded: id.w2) }
}
