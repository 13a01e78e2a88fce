import Chunking
import Packing
import Primitives
import Repositories
import Threads

/// Reads contents of one repository, and cuts and stores their bytes in another.
struct ByteTransfer {
    private let output: ContentOutput
    private let progress: (UInt64) -> Void
    /// The contents that were stored, as the source has them.
    private var stored: [ContentReference: ContentReference] = [:]

    /// So many bytes are cut and hashed at once.
    private static let stretch = 1 << 20

    init(_ source: SegmentReader, width: Int, cancellation: Cancellation, progress: @escaping (UInt64) -> Void) {
        output = ContentOutput(source, width: width, cancellation: cancellation)
        self.progress = progress
    }

    mutating func forget() { stored = [:] }

    mutating func store(
        _ content: ContentReference, in session: WriterSession
    ) throws(VarveError) -> ContentReference {
        if let known = stored[content] { return known }
        var cutting = Cutting(session)
        try output.read(content) { bytes throws(VarveError) in
            try cutting.append(bytes)
            progress(UInt64(bytes.count))
        }
        let result = try cutting.finish()
        guard result.size == content.size else {
            throw .damaged("a content", "it has \(result.size) bytes, not \(content.size)")
        }
        stored[content] = result
        return result
    }

    /// A content on its way into chunks.
    private struct Cutting {
        private let session: WriterSession
        private var chunker: Chunker
        private var list = ListBuilder()
        /// Bytes that belong to no chunk yet.
        private var open: [UInt8] = []
        /// Bytes since the chunker was last asked.
        private var fresh = 0

        init(_ session: WriterSession) {
            self.session = session
            chunker = session.repository.makeChunker()
        }

        mutating func append(_ bytes: UnsafeRawBufferPointer) throws(VarveError) {
            open.append(contentsOf: bytes)
            fresh += bytes.count
            if fresh >= ByteTransfer.stretch { try cut(isEnd: false) }
        }

        mutating func finish() throws(VarveError) -> ContentReference {
            try cut(isEnd: true)
            return try list.finish { [session] node throws(VarveError) in try session.storeNode(node, as: .list) }
        }

        private mutating func cut(isEnd: Bool) throws(VarveError) {
            fresh = 0
            var ranges: [Range<Int>] = []
            var start = 0
            let ids = open.withUnsafeBytes { bytes in
                while let length = chunker.nextCut(
                    in: UnsafeRawBufferPointer(rebasing: bytes[start...]), isEndOfStream: isEnd)
                {
                    ranges.append(start..<start + length)
                    start += length
                }
                return session.repository.hasher.ids(
                    of: ranges.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }, as: .data)
            }
            for position in session.index.chunks.claim(ids) {
                try session.storeCopy(Array(open[ranges[position]]), ids[position], as: .data)
            }
            for (id, range) in zip(ids, ranges) {
                try list.append(ChunkEntry(id: id, length: UInt32(range.count))) { [session] node throws(VarveError) in
                    try session.storeNode(node, as: .list)
                }
            }
            open.removeFirst(start)
        }
    }
}
