import Primitives

/// The part of the index that grows in memory: packs of the running session, or index objects that were just read.
///
/// Rows lie in flat arrays with an open-addressing table of their numbers over them: about 52 bytes a chunk.
struct PendingTable: Sendable {
    private(set) var packs: [IndexedPack] = []
    private(set) var segments: [SegmentRow] = []
    private(set) var bases: [ChunkID] = []
    private(set) var chunks: [ChunkRow] = []
    private var slots: [UInt32]
    private static let empty = UInt32.max

    init() { slots = Array(repeating: PendingTable.empty, count: 1024) }

    var isEmpty: Bool { packs.isEmpty }

    /// Takes in a pack with its segments; returns its number in this table.
    @discardableResult
    mutating func add(_ pack: IndexedPack, _ packSegments: [IndexedSegment]) -> UInt32 {
        let number = UInt32(packs.count)
        packs.append(pack)
        for segment in packSegments {
            let row = UInt32(segments.count)
            segments.append(
                SegmentRow(
                    pack: number, offset: segment.offset, sealedLength: segment.sealedLength,
                    rawLength: segment.rawLength, codec: segment.codec, chunkClass: segment.chunkClass,
                    firstBase: UInt32(bases.count), baseCount: UInt32(segment.bases.count)))
            bases.append(contentsOf: segment.bases)
            var offset: UInt32 = 0
            for chunk in segment.chunks {
                append(ChunkRow(id: chunk.id, segment: row, offset: offset, length: chunk.length))
                offset &+= chunk.length
            }
        }
        return number
    }

    private mutating func append(_ chunk: ChunkRow) {
        if (chunks.count + 1) * 2 > slots.count { grow() }
        let row = UInt32(chunks.count)
        chunks.append(chunk)
        insert(chunk.id, row)
    }

    private mutating func grow() {
        slots = Array(repeating: PendingTable.empty, count: slots.count * 2)
        for row in chunks.indices { insert(chunks[row].id, UInt32(row)) }
    }

    private mutating func insert(_ id: ChunkID, _ row: UInt32) {
        var slot = Int(truncatingIfNeeded: id.w1) & (slots.count - 1)
        while slots[slot] != PendingTable.empty { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = row
    }

    /// Gives every row of the chunk to `body` until that returns true; returns whether it did.
    func anyRow(of id: ChunkID, _ body: (ChunkRow) -> Bool) -> Bool { anyNumberedRow(of: id) { body($1) } }

    /// Like ``anyRow(of:_:)``, with the place of each row in ``chunks``.
    func anyNumberedRow(of id: ChunkID, _ body: (_ row: Int, _ chunk: ChunkRow) -> Bool) -> Bool {
        var slot = Int(truncatingIfNeeded: id.w1) & (slots.count - 1)
        while slots[slot] != PendingTable.empty {
            let row = Int(slots[slot])
            let chunk = chunks[row]
            if chunk.id == id, body(row, chunk) { return true }
            slot = (slot + 1) & (slots.count - 1)
        }
        return false
    }

    /// The numbers of the chunks in the order of a sorted table.
    func sortedOrder() -> [UInt32] {
        var order = chunks.indices.map { UInt32($0) }
        chunks.withUnsafeBufferPointer { chunks in
            order.sort { ChunkRow.comesBefore(chunks[Int($0)].id, chunks[Int($1)].id) }
        }
        return order
    }
}
