import Indexing
import Primitives
import Repositories
import Threads

/// What a repair reads chunks from, and where it stores those that are new or have no usable copy.
struct RepairSource: Sendable {
    private let index: ChunkIndex
    private let reader: SegmentReader
    private let hasher: @Sendable (_ bytes: [UInt8], _ chunkClass: ChunkClass) -> ChunkID
    private let storeCopy:
        @Sendable (_ bytes: [UInt8], _ id: ChunkID, _ chunkClass: ChunkClass) throws(VarveError) -> Void
    /// Data chunks without a usable copy that were looked for: whether there was one all the same.
    private let soughtChunks = Locked<[ChunkID: Bool]>([:])
    private let strayChunks = Locked<Set<ChunkID>>([])

    /// Reads from `index`, and stores nothing.
    init(_ loaded: LoadedIndex, of repository: Repository) {
        index = loaded.chunks
        reader = SegmentReader(repository: repository, index: index)
        hasher = { bytes, chunkClass in bytes.withUnsafeBytes { repository.hasher.id(of: $0, as: chunkClass) } }
        storeCopy = { [strayChunks] _, id, _ in
            if loaded.remainingLocation(of: id) == nil { strayChunks.withLock { _ = $0.insert(id) } }
        }
    }

    /// Reads and stores in a session.
    init(_ session: WriterSession) {
        index = session.index.chunks
        reader = session.reader
        hasher = { bytes, chunkClass in bytes.withUnsafeBytes { session.repository.hasher.id(of: $0, as: chunkClass) } }
        storeCopy = { bytes, id, chunkClass throws(VarveError) in
            try session.storeCopy(bytes, id, as: chunkClass)
        }
    }

    /// Gives what was found, since this was last asked, that can be read only where nobody reckons with it: in packs that are damaged and
    /// going. Where nothing is stored, nodes that a repair makes anew are among it.
    func takeStrays() -> Set<ChunkID> {
        strayChunks.withLock { chunks in
            defer { chunks = [] }
            return chunks
        }
    }

    /// Stores a chunk unless it is known; gives its ID.
    func store(_ bytes: [UInt8], _ chunkClass: ChunkClass) throws(VarveError) -> ChunkID {
        let id = hasher(bytes, chunkClass)
        if !index.claim([id]).isEmpty { try storeCopy(bytes, id, chunkClass) }
        return id
    }

    var storeTree: ListBuilder.StoreNode {
        { [self] bytes throws(VarveError) in try store(bytes, .tree) }
    }

    var storeList: ListBuilder.StoreNode {
        { [self] bytes throws(VarveError) in try store(bytes, .list) }
    }

    var readTree: ListCursor.ReadNode { { [self] id throws(VarveError) in try read(id, .tree) } }

    var readList: ListCursor.ReadNode { { [self] id throws(VarveError) in try read(id, .list) } }

    /// Reads a node, and stores it again where no copy of it is usable.
    private func read(_ id: ChunkID, _ chunkClass: ChunkClass) throws(VarveError) -> [UInt8] {
        let bytes = try reader.chunk(id, as: chunkClass)
        _ = try store(bytes, chunkClass)
        return bytes
    }

    /// Whether a data chunk can be had; one that can, but has no usable copy, is stored again.
    func has(_ id: ChunkID, length: UInt64) throws(VarveError) -> Bool {
        if let location = index.usableLocation(of: id) { return UInt64(location.length) == length }
        if let found = soughtChunks.withLock({ $0[id] }) { return found }
        var isFound = false
        do throws(VarveError) {
            let bytes = try reader.chunk(id, as: .data)
            isFound = UInt64(bytes.count) == length
            if isFound { _ = try store(bytes, .data) }
        } catch  where error.kind == .damaged {
            isFound = false
        }
        let found = isFound
        soughtChunks.withLock { $0[id] = found }
        return isFound
    }
}
