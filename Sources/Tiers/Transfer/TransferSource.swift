import Backends
import Packing
import Primitives
import Repositories

/// A repository that packs and chunks are taken from, as it was read at one moment.
struct TransferSource: Sendable {
    let repository: Repository
    let index: LoadedIndex
    let reader: SegmentReader

    /// Reads the index; what of it cannot be read is said and passed over.
    init(_ repository: Repository) throws(VarveError) {
        self.repository = repository
        index = try repository.loadIndex(readsUnindexedPacks: true)
        reader = SegmentReader(repository: repository, index: index.chunks)
    }

    /// Whether the bases of a segment, if it has any, are usable here.
    func hasBases(of segment: SegmentEntry) -> Bool {
        segment.bases.allSatisfy { index.chunks.usablePlainLocation(of: $0) != nil }
    }

    /// Reads the index again; gives whether it or the packs have changed since.
    mutating func refresh() throws(VarveError) -> Bool {
        let fresh = try TransferSource(repository)
        defer { self = fresh }
        return fresh.index.objects != index.objects || fresh.index.listing != index.listing
    }
}

/// Reads nodes from the first of several places that has them whole.
struct NodeReaders: Sendable {
    private let readers: [SegmentReader]

    init(_ readers: [SegmentReader]) { self.readers = readers }

    /// - Throws: kind `damaged` where no place has it, saying what is wrong with the first.
    func read(_ id: ChunkID, as chunkClass: ChunkClass) throws(VarveError) -> [UInt8] {
        var first: VarveError?
        for reader in readers {
            do throws(VarveError) {
                return try reader.chunk(id, as: chunkClass)
            } catch  where error.kind == .damaged || error.kind == .notFound {
                first = first ?? error
            }
        }
        throw first ?? .damaged("\(chunkClass) chunk \(id.shortHex)", "no place has it")
    }
}
