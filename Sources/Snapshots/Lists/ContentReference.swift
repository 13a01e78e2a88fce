import Primitives

/// Which chunks a file or stream is made of, as a tree entry holds it (`format-spec/lists.md`).
package enum ContentReference: Hashable, Sendable {
    /// No bytes.
    case empty
    /// One data chunk of `size` bytes.
    case chunk(ChunkID, size: UInt64)
    /// A list node of level `height` − 1.
    case list(ChunkID, height: UInt8, size: UInt64, chunks: UInt64)

    /// Levels of list nodes that a reader goes down at most.
    package static let heightLimit: UInt8 = 8

    /// Bytes of the content.
    package var size: UInt64 {
        switch self {
        case .empty: 0
        case .chunk(_, let size), .list(_, _, let size, _): size
        }
    }

    package var chunkCount: UInt64 {
        switch self {
        case .empty: 0
        case .chunk: 1
        case .list(_, _, _, let chunks): chunks
        }
    }

    func encode(to writer: inout ByteWriter) {
        writer.appendVarint(size)
        switch self {
        case .empty: break
        case .chunk(let id, _):
            writer.append(UInt8(0))
            writer.append(id)
        case .list(let id, let height, _, let chunks):
            writer.append(height)
            writer.append(id)
            writer.appendVarint(chunks)
        }
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let size = try reader.readVarint()
        if size == 0 {
            self = .empty
            return
        }
        let height = try reader.readInteger(UInt8.self)
        let id = try reader.readDigest()
        guard height <= ContentReference.heightLimit else { throw reader.malformed("a list of height \(height)") }
        if height == 0 {
            self = .chunk(id, size: size)
            return
        }
        let chunks = try reader.readVarint()
        guard (1...size).contains(chunks) else { throw reader.malformed("\(size) bytes in \(chunks) chunks") }
        self = .list(id, height: height, size: size, chunks: chunks)
    }
}
