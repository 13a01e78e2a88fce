import FileIO
import Primitives

/// Writes an ``IndexRun`` from tables and from chunks that come in sorted order, with memory that does not depend on
/// their number but for 4 bytes in 16 chunks.
struct IndexRunWriter {
    private let file: TemporaryFile
    private let layout: RunLayout
    private var tables: ByteWriter
    private var bucketStarts: [UInt32] = []
    private var row = 0
    private var chunkBytes = ByteWriter(reservingCapacity: flushSize + 64)
    private var chunkPosition: Int
    private var fingerprintBytes = ByteWriter(reservingCapacity: flushSize + 64)
    private var fingerprintPosition: Int
    private static let flushSize = 256 << 10

    /// - Parameters:
    ///   - folder: where the file is made.
    ///   - chunkCount: how many chunks ``append(_:)`` will be given.
    init(
        in folder: BytePath, covered: [Digest], packs: [IndexedPack], segments: some Collection<SegmentRow>,
        bases: some Collection<ChunkID>, chunkCount: Int
    ) throws(VarveError) {
        layout = RunLayout(
            covered: covered.count, packs: packs.count, segments: segments.count, bases: bases.count,
            chunks: chunkCount)
        tables = ByteWriter(reservingCapacity: layout.bucketsStart)
        for name in covered { tables.append(name) }
        for pack in packs {
            tables.append(pack.id)
            tables.appendInteger(pack.size)
            tables.append(pack.header)
        }
        for segment in segments { tables.append(segment) }
        for base in bases { tables.append(base) }
        chunkPosition = layout.chunksStart
        fingerprintPosition = layout.fingerprintsStart
        file = try reportingErrors(as: .local) { () throws(SystemError) in try TemporaryFile.create(in: folder) }
    }

    /// Appends the next chunk in the order of ``ChunkRow/comesBefore(_:_:)``.
    mutating func append(_ chunk: ChunkRow) throws(VarveError) {
        let bucket = ChunkRow.bucket(of: chunk.id, among: layout.buckets)
        while bucketStarts.count <= bucket { bucketStarts.append(UInt32(row)) }
        fingerprintBytes.appendInteger(ChunkRow.fingerprint(of: chunk.id))
        chunkBytes.append(chunk.id)
        chunkBytes.appendInteger(chunk.segment)
        chunkBytes.appendInteger(chunk.offset)
        chunkBytes.appendInteger(chunk.length)
        chunkBytes.appendInteger(chunk.check)
        row += 1
        if chunkBytes.count >= IndexRunWriter.flushSize { try flush() }
    }

    private mutating func flush() throws(VarveError) {
        try write(chunkBytes.bytes, at: chunkPosition)
        chunkPosition += chunkBytes.count
        chunkBytes = ByteWriter(reservingCapacity: IndexRunWriter.flushSize + 64)
        try write(fingerprintBytes.bytes, at: fingerprintPosition)
        fingerprintPosition += fingerprintBytes.count
        fingerprintBytes = ByteWriter()
    }

    private func write(_ bytes: [UInt8], at position: Int) throws(VarveError) {
        try reportingErrors(as: .local) { () throws(SystemError) in try file.file.write(bytes, at: Int64(position)) }
    }

    /// Completes the file and gives it back, not yet under a lasting name.
    mutating func finish() throws(VarveError) -> TemporaryFile {
        precondition(row == layout.chunks, "as many chunks as announced")
        try flush()
        while bucketStarts.count <= layout.buckets { bucketStarts.append(UInt32(row)) }
        for start in bucketStarts { tables.appendInteger(start) }
        tables.appendZeros(layout.fingerprintsStart - RunLayout.headerSize - tables.count)
        var header = ByteWriter(reservingCapacity: RunLayout.headerSize)
        header.appendInteger(IndexRun.magic)
        for count in [layout.covered, layout.packs, layout.segments, layout.bases, layout.buckets, layout.chunks] {
            header.appendInteger(UInt64(count))
        }
        header.appendInteger(tables.bytes.withUnsafeBytes { RunChecksum.of($0) })
        header.appendInteger(UInt64(layout.fileSize))
        header.appendInteger(UInt64(0))
        try write(header.bytes + tables.bytes, at: 0)
        try reportingErrors(as: .local) { () throws(SystemError) in
            try file.file.truncate(to: Int64(layout.fileSize))
        }
        return file
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ segment: SegmentRow) {
        appendInteger(segment.pack)
        appendInteger(segment.offset)
        appendInteger(segment.sealedLength)
        appendInteger(segment.rawLength)
        append(segment.codec)
        append(segment.chunkClass)
        appendInteger(UInt16(0))
        appendInteger(segment.firstBase)
        appendInteger(segment.baseCount)
        appendInteger(UInt32(0))
    }
}

extension PendingTable {
    /// Writes the table as a run that covers `covered`.
    func write(to folder: BytePath, covering covered: [Digest]) throws(VarveError) -> TemporaryFile {
        var writer = try IndexRunWriter(
            in: folder, covered: covered, packs: packs, segments: segments, bases: bases, chunkCount: chunks.count)
        for row in sortedOrder() { try writer.append(chunks[Int(row)]) }
        return try writer.finish()
    }
}

extension VarveError {
    /// A run that was written and read back at once is not what was written.
    static func differentRun(in folder: BytePath) -> VarveError {
        VarveError(
            .local, "a part of the index in \(folder.display) reads differently than it was written",
            advice: "check the disk and the memory of this machine, and remove the cache folder")
    }
}

extension IndexRun {
    /// Writes one run with the content of several; its packs come in the order of the runs.
    ///
    /// - Throws: kind `local`, also where a run is damaged.
    static func merge(_ runs: [IndexRun], to folder: BytePath) throws(VarveError) -> TemporaryFile {
        defer { withExtendedLifetime(runs) {} }
        var packs: [IndexedPack] = []
        var segments: [SegmentRow] = []
        var bases: [ChunkID] = []
        var firstSegments: [UInt32] = []
        for run in runs {
            firstSegments.append(UInt32(segments.count))
            for number in 0..<run.tables.layout.segments {
                var segment = run.tables.segment(number)
                segment.pack += UInt32(packs.count)
                segment.firstBase += UInt32(bases.count)
                segments.append(segment)
            }
            packs += run.packs
            for number in 0..<run.tables.layout.bases { bases.append(run.tables.base(number)) }
        }
        var writer = try IndexRunWriter(
            in: folder, covered: Array(Set(runs.flatMap(\.covered))), packs: packs, segments: segments, bases: bases,
            chunkCount: runs.reduce(0) { $0 + $1.chunkCount })
        var scans = runs.map { RunScan($0.tables) }
        func head(of run: Int) throws(VarveError) -> ChunkRow? {
            do throws(RunScan.Damage) { return try scans[run].next() } catch { throw .differentRun(in: folder) }
        }
        var heads: [ChunkRow?] = []
        for run in runs.indices { heads.append(try head(of: run)) }
        while true {
            var least: (run: Int, chunk: ChunkRow)?
            for (run, head) in heads.enumerated() {
                guard let head else { continue }
                if let chosen = least, !ChunkRow.comesBefore(head.id, chosen.chunk.id) { continue }
                least = (run, head)
            }
            guard let (run, least) = least else { break }
            var chunk = least
            chunk.segment += firstSegments[run]
            try writer.append(chunk)
            heads[run] = try head(of: run)
        }
        return try writer.finish()
    }
}
