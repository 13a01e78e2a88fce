import Primitives
import Repositories

/// Goes through the entries of a folder in order, while what is below the ones that come next is being read.
struct FolderWalk {
    /// What is read ahead below the entries.
    enum Extent {
        case nothing, nodes
        /// The content of files as well, where it is one chunk.
        case nodesAndFiles
    }

    private let reader: SegmentReader
    private let extent: Extent
    private var cursor: TreeCursor
    private var ahead = ReadAhead()

    init(_ folder: TreeEntry.Subtree, _ reader: SegmentReader, ahead extent: Extent) {
        self.reader = reader
        self.extent = extent
        cursor = TreeCursor(folder)
    }

    /// The next entry, `nil` at the end.
    ///
    /// - Throws: as ``TreeCursor/next(_:)``.
    mutating func next() throws(VarveError) -> TreeEntry? {
        let readTree = TreeReader(reader).readTree
        if extent != .nothing, cursor.entryAtHand == nil, try cursor.peek(readTree) != nil {
            ahead = ReadAhead(reader, below: cursor.entriesAtHand, withFiles: extent == .nodesAndFiles)
        }
        ahead.advance()
        return try cursor.next(readTree)
    }
}
