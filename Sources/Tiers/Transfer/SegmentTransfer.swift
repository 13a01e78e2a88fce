import Backends
import Indexing
import Maintenance
import Packing
import Primitives
import Repositories
import Threads

/// Copies what is needed of packs into new ones: segments as they are stored where all of them is needed, else chunk by chunk.
///
/// Deltas come last: they stay deltas where their bases are at the destination by then.
struct SegmentTransfer: Sendable {
    let source: TransferSource
    let session: WriterSession
    let needed: ChunkMarks
    let figures: Locked<TransferFigures>
    let width: Int
    let cancellation: Cancellation
    /// Chunks that could be had from nowhere.
    private let lostChunks = Locked<Set<ChunkID>>([])

    init(
        _ source: TransferSource, _ session: WriterSession, needed: ChunkMarks, figures: Locked<TransferFigures>,
        width: Int, cancellation: Cancellation
    ) {
        self.source = source
        self.session = session
        self.needed = needed
        self.figures = figures
        self.width = width
        self.cancellation = cancellation
    }

    var lost: Set<ChunkID> { lostChunks.withLock { $0 } }

    /// A segment that waits for its bases.
    private struct Delta: Sendable {
        let segment: SegmentEntry
        let offset: UInt32
        let pack: PackRecord
    }

    // MARK: Packs

    /// Copies what is needed of `packs`, and the chunks of `loose` one by one.
    func copy(_ packs: [SyncPlan.Pack], loose: [(id: ChunkID, chunkClass: ChunkClass)]) throws(VarveError) {
        let deltas = Locked<[Delta]>([])
        try copy(packs, postponing: deltas)
        try copy(loose)
        try ParallelRun(width: width, cancellation: cancellation).run(deltas.withLock { $0 }) {
            delta throws(VarveError) in try copy(delta.segment, at: delta.offset, of: delta.pack)
        }
    }

    private func copy(_ packs: [SyncPlan.Pack], postponing deltas: Locked<[Delta]>) throws(VarveError) {
        let silent = Locked<Set<Digest>>([])
        try ParallelRun(width: width, cancellation: cancellation).run(packs) { pack throws(VarveError) in
            let record: PackRecord
            do throws(VarveError) {
                record = try source.repository.readPackRecord(pack.id, size: pack.size)
            } catch  where error.kind == .damaged || error.kind == .notFound {
                silent.withLock { _ = $0.insert(pack.id) }
                return
            }
            try copy(pack, record, postponing: deltas)
        }
        let unread = silent.withLock { $0 }
        if !unread.isEmpty { try copy(try chunks(in: unread)) }
    }

    private func copy(
        _ pack: SyncPlan.Pack, _ record: PackRecord, postponing deltas: Locked<[Delta]>
    ) throws(VarveError) {
        let wanted = Set(pack.segments.map(\.offset))
        var offset = UInt32(ObjectHeader.byteCount)
        for segment in record.directory.segments {
            defer { offset += segment.sealedLength }
            guard wanted.contains(offset) else { continue }
            if segment.codec.isPlain {
                try copy(segment, at: offset, of: record)
            } else {
                deltas.withLock { $0.append(Delta(segment: segment, offset: offset, pack: record)) }
            }
        }
    }

    private func copy(_ segment: SegmentEntry, at offset: UInt32, of pack: PackRecord) throws(VarveError) {
        try cancellation.check()
        let places = segment.chunks.indices.filter { needed.contains(segment.chunks[$0].id) }
        let claimed = session.index.chunks.claim(places.map { segment.chunks[$0].id }).map { places[$0] }
        if claimed.isEmpty { return }
        figures.withLock { figures in
            figures.segments += 1
            figures.readBytes += UInt64(segment.sealedLength)
        }
        do throws(VarveError) {
            if canStayAsStored(segment, claimed) {
                let stored = try source.reader.storedBytes(of: segment, at: offset, in: pack)
                return session.submit(copyOf: segment, stored: stored)
            }
            let decoded = try source.reader.segment(segment, at: offset, in: pack)
            defer { withExtendedLifetime(decoded) {} }
            let chunks = segment.chunkRanges
            if source.reader.areRight(claimed.map { chunks[$0] }, as: segment.chunkClass, in: decoded) {
                for place in claimed {
                    guard let bytes = decoded.bytes(in: chunks[place].range) else { continue }
                    try session.storeCopy(Array(bytes), segment.chunks[place].id, as: segment.chunkClass)
                }
                return
            }
        } catch  where error.kind == .damaged || error.kind == .notFound {
            source.repository.environment.warn(
                "\(source.repository.backend.location): \(error.problem): looking for other copies")
        }
        for place in claimed { try fetch(segment.chunks[place].id, segment.chunkClass) }
    }

    private func canStayAsStored(_ segment: SegmentEntry, _ claimed: [Int]) -> Bool {
        let isAllNeeded = claimed.count == segment.chunks.count
        if segment.codec.isPlain { return isAllNeeded && segment.rawLength >= PackLimits.smallSegment }
        let neededBytes = claimed.reduce(0) { $0 + UInt64(segment.chunks[$1].length) }
        guard
            isAllNeeded || PartialDelta.pays(sealedLength: segment.sealedLength, neededBytes: neededBytes)
                || !source.hasBases(of: segment)
        else { return false }
        let lost = self.lost
        return segment.bases.allSatisfy { base in
            // What is needed and a base was stored plainly just now, perhaps in a pack that is not full yet.
            session.index.chunks.usablePlainLocation(of: base) != nil
                || (needed.contains(base) && !lost.contains(base))
        }
    }

    /// The needed chunks that the index has in packs which cannot be read.
    private func chunks(in packs: Set<Digest>) throws(VarveError) -> [(id: ChunkID, chunkClass: ChunkClass)] {
        let survey = IndexSurvey(source.index.chunks)
        let isUnread = survey.packs.map { packs.contains($0.id) }
        var found: [ChunkID: ChunkClass] = [:]
        try survey.forEachCopy { id, copy throws(VarveError) in
            guard isUnread[Int(survey.segment(copy.segment).pack)], needed.contains(id), found[id] == nil else {
                return
            }
            let number = source.index.chunks.allLocations(of: id).first?.chunkClass
            if let chunkClass = number.flatMap({ ChunkClass(rawValue: $0) }) { found[id] = chunkClass }
        }
        return found.sorted { $0.key < $1.key }.map { (id: $0.key, chunkClass: $0.value) }
    }

    // MARK: Chunks

    /// Copies chunks one by one, from whichever copy is whole.
    private func copy(_ chunks: [(id: ChunkID, chunkClass: ChunkClass)]) throws(VarveError) {
        try ParallelRun(width: width, cancellation: cancellation).run(chunks) { chunk throws(VarveError) in
            if !session.index.chunks.claim([chunk.id]).isEmpty { try fetch(chunk.id, chunk.chunkClass) }
        }
    }

    /// Stores a chunk that was claimed, plainly. The destination may have it where a prune has begun to take it away.
    private func fetch(_ id: ChunkID, _ chunkClass: ChunkClass) throws(VarveError) {
        let bytes: [UInt8]
        do throws(VarveError) {
            bytes = try NodeReaders([source.reader, session.reader]).read(id, as: chunkClass)
        } catch  where error.kind == .damaged || error.kind == .notFound {
            lostChunks.withLock { _ = $0.insert(id) }
            return
        }
        try session.storeCopy(bytes, id, as: chunkClass)
        figures.withLock { $0.readBytes += UInt64(bytes.count) }
    }
}
