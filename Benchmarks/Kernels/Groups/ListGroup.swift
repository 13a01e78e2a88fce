import Packing
import Primitives
import SeededData
import Snapshots

/// Measures the building of the list of a long stream from its chunks, and going through it again.
enum ListGroup {
    static func measure(with bench: Bench) throws {
        let count = bench.isQuick ? 200_000 : 1_000_000
        var random = SeededRandom(seed: 7)
        let chunks = (0..<count).map { number in
            ChunkEntry(id: Digest(numbered: number), length: UInt32(8192 + random.next(below: 57_344)))
        }
        let (nodes, content) = try build(chunks)
        try bench.reportNodes(
            Kernel("coding") { Results.take(try build(chunks).nodes.byteCount) }, in: .lists, data: "chunks",
            entries: count, bytes: nodes.byteCount)
        let decoding = Kernel("decoding") {
            var cursor = ListCursor(content)
            var sum: UInt64 = 0
            while let chunk = try cursor.next({ id throws(VarveError) in try nodes.read(id) }) {
                sum &+= UInt64(chunk.length)
            }
            Results.take(sum)
        }
        try bench.reportNodes(decoding, in: .lists, data: "chunks", entries: count, bytes: nodes.byteCount)
    }

    private static func build(_ chunks: [ChunkEntry]) throws -> (nodes: NodeStore, content: ContentReference) {
        let nodes = NodeStore()
        var builder = ListBuilder()
        for chunk in chunks { try builder.append(chunk) { nodes.store($0) } }
        return (nodes, try builder.finish { nodes.store($0) })
    }
}
