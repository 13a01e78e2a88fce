import Glibc

/// Goes through the chunks of a run in their order, reading many at a time.
///
/// Valid while the ``IndexRun`` is.
struct RunScan {
    /// A row is damaged, out of order, or cannot be read.
    struct Damage: Error {}

    private let tables: RunTables
    private var row = 0
    private var last: ChunkRow?
    /// Rows from `blockStart` on, read together.
    private var block: [UInt8] = []
    private var blockStart = 0
    private static let rowsPerBlock = 1024

    init(_ tables: RunTables) { self.tables = tables }

    /// The next chunk; `nil` at the end.
    mutating func next() throws(Damage) -> ChunkRow? {
        let layout = tables.layout
        if row == layout.chunks { return nil }
        if row == blockStart + block.count / ChunkRow.byteCount { try readBlock() }
        let offset = (row - blockStart) * ChunkRow.byteCount
        let chunk = block.withUnsafeBytes { block in
            ChunkRow(checking: UnsafeRawBufferPointer(rebasing: block[offset..<offset + ChunkRow.byteCount]))
        }
        guard let chunk, chunk.segment < layout.segments else { throw Damage() }
        if let last, ChunkRow.comesBefore(chunk.id, last.id) { throw Damage() }
        last = chunk
        row += 1
        return chunk
    }

    private mutating func readBlock() throws(Damage) {
        let count = min(RunScan.rowsPerBlock, tables.layout.chunks - row) * ChunkRow.byteCount
        let start = tables.layout.chunksStart + row * ChunkRow.byteCount
        block = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = max(0, pread(tables.descriptor, buffer.baseAddress, count, start))
        }
        blockStart = row
        guard block.count == count else { throw Damage() }
    }
}
