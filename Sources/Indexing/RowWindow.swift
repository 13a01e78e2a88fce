import Glibc

/// Reads rows of a run that are asked for in about ascending order: some neighbours with each.
///
/// Valid while the ``IndexRun`` is.
struct RowWindow {
    private let tables: RunTables
    private var bytes: [UInt8] = []
    private var first = 0
    /// A page of memory.
    private static let rows = 4096 / ChunkRow.byteCount

    init(_ tables: RunTables) { self.tables = tables }

    /// A chunk by its place in the sorted table; `nil` where its row is damaged.
    mutating func chunk(at row: Int) -> ChunkRow? {
        if row < first || row >= first + bytes.count / ChunkRow.byteCount { read(from: row) }
        let offset = (row - first) * ChunkRow.byteCount
        guard offset + ChunkRow.byteCount <= bytes.count else { return nil }
        let chunk = bytes.withUnsafeBytes { bytes in
            ChunkRow(checking: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + ChunkRow.byteCount]))
        }
        return chunk.flatMap { $0.segment < tables.layout.segments ? $0 : nil }
    }

    private mutating func read(from row: Int) {
        let count = min(RowWindow.rows, tables.layout.chunks - row) * ChunkRow.byteCount
        let start = tables.layout.chunksStart + row * ChunkRow.byteCount
        bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = max(0, pread(tables.descriptor, buffer.baseAddress, count, start))
        }
        first = row
    }
}
