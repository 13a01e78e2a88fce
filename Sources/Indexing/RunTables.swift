import Glibc
import Primitives

/// How many rows each table of a run has, and where in the file it begins.
struct RunLayout: Equatable, Sendable {
    static let headerSize = 80

    let covered, packs, segments, bases, buckets, chunks: Int
    let packsStart, segmentsStart, basesStart, bucketsStart, fingerprintsStart, chunksStart, fileSize: Int

    /// The caller bounds the counts so that no size overflows.
    init(covered: Int, packs: Int, segments: Int, bases: Int, chunks: Int) {
        self.covered = covered
        self.packs = packs
        self.segments = segments
        self.bases = bases
        self.chunks = chunks
        buckets = max(1, chunks / 16)
        packsStart = RunLayout.headerSize + covered * 32
        segmentsStart = packsStart + packs * 168
        basesStart = segmentsStart + segments * SegmentRow.byteCount
        bucketsStart = basesStart + bases * 32
        fingerprintsStart = (bucketsStart + (buckets + 1) * 4 + 7) & ~7
        chunksStart = (fingerprintsStart + chunks * 2 + 7) & ~7
        fileSize = chunksStart + chunks * ChunkRow.byteCount
    }
}

/// The tables of a run as they lie in memory: plain values, so that a look-up counts no references.
///
/// Valid while the ``IndexRun`` is that gave them.
struct RunTables {
    /// The whole file.
    let bytes: UnsafeRawBufferPointer
    /// The file that is mapped.
    let descriptor: Int32
    let layout: RunLayout

    private func number(at offset: Int) -> UInt32 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }

    func digest(at offset: Int) -> Digest {
        // The offset lies in a table, and the sizes of all tables were checked against the file.
        Digest(loadingFrom: bytes.baseAddress.unsafelyUnwrapped + offset)
    }

    /// The most chunks of a run whose rows are looked up in memory: 12 MB of them.
    private static let mappedChunks = 1 << 18

    /// A chunk by its place in the sorted table; `nil` where its row is damaged.
    ///
    /// In a large run it is read and not looked up in memory: chunks are asked for all over the table, and the pages would stay. That
    /// takes several times as long.
    func chunk(at row: Int) -> ChunkRow? {
        let start = layout.chunksStart + row * ChunkRow.byteCount
        if layout.chunks <= RunTables.mappedChunks {
            return chunk(in: UnsafeRawBufferPointer(rebasing: bytes[start..<start + ChunkRow.byteCount]))
        }
        return withUnsafeTemporaryAllocation(byteCount: ChunkRow.byteCount, alignment: 8) { buffer in
            guard pread(descriptor, buffer.baseAddress, buffer.count, start) == buffer.count else { return nil }
            return chunk(in: UnsafeRawBufferPointer(buffer))
        }
    }

    private func chunk(in row: UnsafeRawBufferPointer) -> ChunkRow? {
        guard let chunk = ChunkRow(checking: row), chunk.segment < layout.segments else { return nil }
        return chunk
    }

    func fingerprint(of row: Int) -> UInt16 {
        bytes.loadUnaligned(fromByteOffset: layout.fingerprintsStart + row * 2, as: UInt16.self)
    }

    func segment(_ row: Int) -> SegmentRow {
        let start = layout.segmentsStart + row * SegmentRow.byteCount
        return SegmentRow(
            pack: number(at: start), offset: number(at: start + 4), sealedLength: number(at: start + 8),
            rawLength: number(at: start + 12), codec: bytes[start + 16], chunkClass: bytes[start + 17],
            firstBase: number(at: start + 20), baseCount: number(at: start + 24))
    }

    func base(_ row: Int) -> ChunkID { digest(at: layout.basesStart + row * 32) }

    func bases(of segment: SegmentRow) -> [ChunkID] {
        (0..<segment.baseCount).map { base(Int(segment.firstBase + $0)) }
    }

    /// The rows of a chunk: one for each copy.
    func rows(of id: ChunkID) -> Rows { Rows(of: id, in: self) }

    /// Goes over the fingerprints of a bucket, and from those that match to the chunks.
    struct Rows: Sequence, IteratorProtocol {
        private let tables: RunTables
        private let id: ChunkID
        private let fingerprint: UInt16
        private var row: Int
        private let end: Int

        fileprivate init(of id: ChunkID, in tables: RunTables) {
            self.tables = tables
            self.id = id
            fingerprint = ChunkRow.fingerprint(of: id)
            let layout = tables.layout
            let bucket = layout.bucketsStart + ChunkRow.bucket(of: id, among: layout.buckets) * 4
            row = Int(tables.number(at: bucket))
            end = Swift.min(Int(tables.number(at: bucket + 4)), layout.chunks)
        }

        mutating func next() -> ChunkRow? { nextNumbered()?.chunk }

        /// The next row of the chunk, with its place in the sorted table.
        mutating func nextNumbered() -> (row: Int, chunk: ChunkRow)? {
            while let row = nextCandidate() {
                if let chunk = tables.chunk(at: row), chunk.id == id { return (row, chunk) }
            }
            return nil
        }

        /// The place of the next row that may be one of the chunk, by its fingerprint.
        mutating func nextCandidate() -> Int? {
            while row < end {
                defer { row += 1 }
                if tables.fingerprint(of: row) == fingerprint { return row }
            }
            return nil
        }
    }
}
