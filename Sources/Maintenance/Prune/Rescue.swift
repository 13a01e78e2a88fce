import Backends
import Indexing
import Packing
import Primitives
import Repositories
import Threads

/// Copies what is needed out of condemned packs into new ones, and puts these into index objects.
struct Rescue {
    private let repository: Repository
    private let index: LoadedIndex
    private let needs: RescueNeeds
    private let reader: SegmentReader
    private let store: SegmentStore
    private let keepsPartialDeltas: Bool
    private let cancellation: Cancellation
    private let progress: (_ bytes: UInt64) -> Void
    /// Chunks on their way into a segment.
    private var gathered: [ChunkClass: (segment: SegmentBuilder, bytes: [UInt8])] = [:]
    /// Bases that get a plain copy in this rescue.
    private var plainBases: Set<ChunkID> = []

    /// - Parameters:
    ///   - session: stands in the headers of the new packs.
    ///   - keepsPartialDeltas: whether deltas of which a part is needed are copied whole, where that pays.
    ///   - progress: is told how many bytes of packs were gone through.
    init(
        _ needs: RescueNeeds, index: LoadedIndex, in repository: Repository, session: Identifier,
        keepsPartialDeltas: Bool, width: Int, cancellation: Cancellation, progress: @escaping (_ bytes: UInt64) -> Void
    ) throws(VarveError) {
        self.repository = repository
        self.index = index
        self.needs = needs
        self.keepsPartialDeltas = keepsPartialDeltas
        self.cancellation = cancellation
        self.progress = progress
        reader = SegmentReader(repository: repository, index: index.chunks)
        store = try SegmentStore(
            repository: repository, session: session, index: index, width: width, cancellation: cancellation)
    }

    /// Does it. What it stored is durable and indexed then.
    ///
    /// - Throws: kind `notFound` where a pack has gone meanwhile, kind `damaged` where a needed chunk cannot be read.
    mutating func run() throws(VarveError) -> StoredFigures {
        do throws(VarveError) {
            for pack in needs.packs {
                guard let size = index.listing[pack] else { continue }
                if let record = needs.unindexed[pack] {
                    try copy(from: record)
                } else {
                    try copy(from: try repository.readPackRecord(pack, size: size))
                }
                progress(size)
            }
            for chunkClass in ChunkClass.allCases { submit(chunkClass) }
        } catch {
            try? store.finish()
            throw cancellation.error ?? error
        }
        do throws(VarveError) { try store.finish() } catch { throw cancellation.error ?? error }
        try cancellation.check()
        return store.figures.withLock { $0 }
    }

    /// Bytes of packs that may be read ahead of what is copied.
    private static let bytesAhead = 32 << 20

    /// A segment of which something is to be copied.
    fileprivate struct Piece: Sendable {
        let segment: SegmentEntry
        let offset: UInt32
        /// Places of chunks in it.
        let wanted: [Int]
    }

    private mutating func copy(from pack: PackRecord) throws(VarveError) {
        var pieces: [Piece] = []
        var offset = UInt32(ObjectHeader.byteCount)
        for segment in pack.directory.segments {
            let wanted = claim(segment)
            if !wanted.isEmpty { pieces.append(Piece(segment: segment, offset: offset, wanted: wanted)) }
            offset += segment.sealedLength
        }
        let groups = reader.grouping.groups(
            of: pieces.map {
                ReadGrouping.Extent(
                    segment: SegmentKey(pack: 0, offset: $0.offset), sealedLength: $0.segment.sealedLength,
                    rawLength: $0.segment.rawLength)
            }
        ).map { Array(pieces[$0]) }
        let name = ObjectName(.data, pack.id)
        func length(_ group: [Piece]) -> Int { Int(group[group.count - 1].end - group[0].offset) }
        try ParallelMap(width: repository.backend.concurrency, weightLimit: Rescue.bytesAhead).run(
            groups, weights: groups.map(length)
        ) { [repository] group throws(VarveError) in
            try repository.readBytes(
                name, at: UInt64(group[0].offset), count: Int(group[group.count - 1].end - group[0].offset))
        } _: { group, bytes throws(VarveError) in
            for piece in group {
                try cancellation.check()
                let start = Int(piece.offset - group[0].offset)
                try copy(piece, in: pack, sealed: bytes.map { Array($0[start..<start + piece.length]) })
            }
        }
    }

    /// Claims the chunks of a segment that must be copied; gives their places in it.
    private mutating func claim(_ segment: SegmentEntry) -> [Int] {
        let live = segment.chunks.indices.filter { needs.isLive(segment.chunks[$0].id) }
        var wanted = Set(index.chunks.claim(live.map { segment.chunks[$0].id }).map { live[$0] })
        for (place, chunk) in segment.chunks.enumerated() where needs.isBase(chunk.id) {
            guard index.chunks.usablePlainLocation(of: chunk.id) == nil else { continue }
            if plainBases.insert(chunk.id).inserted { wanted.insert(place) }
        }
        return wanted.sorted()
    }

    private mutating func copy(
        _ piece: Piece, in pack: PackRecord, sealed: Result<[UInt8], VarveError>
    ) throws(VarveError) {
        let (segment, wanted) = (piece.segment, piece.wanted)
        do throws(VarveError) {
            let sealed = try sealed.get()
            if staysAsItIs(segment, wanted) {
                let stored = try reader.storedBytes(of: segment, sealed: sealed, offset: piece.offset, in: pack)
                return store.submit(copyOf: segment, stored: stored)
            }
            let decoded = try reader.decode(segment, sealed: sealed, offset: piece.offset, in: pack)
            let chunks = segment.chunkRanges
            if reader.areRight(wanted.map { chunks[$0] }, as: segment.chunkClass, in: decoded) {
                for place in wanted {
                    guard let bytes = decoded.bytes(in: chunks[place].range) else { continue }
                    gather(bytes, segment.chunks[place], segment.chunkClass)
                }
                withExtendedLifetime(decoded) {}
                return
            }
        } catch  where error.kind == .damaged {
            repository.environment.warn("\(error.problem): looking for other copies")
        }
        for place in wanted {
            let chunk = segment.chunks[place]
            let bytes = try reader.chunk(chunk.id, as: segment.chunkClass)
            bytes.withUnsafeBytes { gather($0, chunk, segment.chunkClass) }
        }
    }

    /// Whether a segment is copied without being compressed again: one of which all is needed, or a delta that takes less room than what is
    /// needed of it would without bases.
    private func staysAsItIs(_ segment: SegmentEntry, _ wanted: [Int]) -> Bool {
        let isSmall = segment.rawLength < PackLimits.smallSegment
        let isAllWanted = wanted.count == segment.chunks.count
        if segment.codec.isPlain { return isAllWanted && !isSmall }
        // Nodes compress well beside each other, and are read together.
        if isSmall, segment.chunkClass != .data { return false }
        let chunks = wanted.map { segment.chunks[$0] }
        let mustBecomePlain = chunks.contains {
            needs.isBase($0.id) && index.chunks.usablePlainLocation(of: $0.id) == nil
        }
        let neededBytes = chunks.reduce(0) { $0 + UInt64($1.length) }
        // A base that has no plain copy outside of what goes gets one too.
        return !mustBecomePlain
            && segment.bases.allSatisfy { index.chunks.usablePlainLocation(of: $0) != nil || needs.isBase($0) }
            && (isAllWanted
                || keepsPartialDeltas
                    && PartialDelta.pays(sealedLength: segment.sealedLength, neededBytes: neededBytes))
    }

    private mutating func gather(_ bytes: UnsafeRawBufferPointer, _ chunk: ChunkEntry, _ chunkClass: ChunkClass) {
        if let open = gathered[chunkClass], open.bytes.count + bytes.count > PackLimits.rawLength { submit(chunkClass) }
        var open =
            gathered.removeValue(forKey: chunkClass) ?? (segment: SegmentBuilder(chunkClass: chunkClass), bytes: [])
        open.segment.append(chunk)
        open.bytes.append(contentsOf: bytes)
        let isFull = open.segment.isFull
        gathered[chunkClass] = open
        if isFull { submit(chunkClass) }
    }

    private mutating func submit(_ chunkClass: ChunkClass) {
        guard let open = gathered.removeValue(forKey: chunkClass) else { return }
        let buffer = Buffer(capacity: open.bytes.count)
        buffer.bytes.copyBytes(from: open.bytes)
        store.submit(open.segment, buffer) { _ in }
    }
}

extension Rescue.Piece {
    fileprivate var length: Int { Int(segment.sealedLength) }
    fileprivate var end: UInt32 { offset + segment.sealedLength }
}
