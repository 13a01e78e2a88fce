import Compressing
import FileIO
import Indexing
import Packing
import Primitives
import Sealing
import Threads

/// Compresses, seals and writes segments on several threads.
package final class SegmentStore: Sendable {
    private let repository: Repository
    private let session: Identifier
    private let pool: WorkerPool
    private let workers: [Transfer<SegmentCompressor>]
    private let shelf: PackShelf
    private let packs: PackDistribution
    /// Where packs grow.
    private let folder: BytePath
    private let cancellation: Cancellation
    /// `nil` where all is stored plainly.
    private let bases: BaseReader?
    /// What deltas of the first generation took.
    private let fresh = Locked<[ChunkClass: Fresh]>([:])
    package let figures: Locked<StoredFigures>

    private struct Fresh {
        private var raw = 0
        private var stored = 0

        var ratio: Double { raw == 0 ? 0 : Double(stored) / Double(raw) }

        mutating func add(_ choice: DeltaChoice) {
            raw += choice.rawLength
            stored += choice.deltaLength
        }
    }

    /// Stores in one repository, all of it plainly.
    ///
    /// - Parameter cancellation: is cancelled when storing fails.
    /// - Throws: kind `local` for want of memory.
    package convenience init(
        repository: Repository, session: Identifier, index: LoadedIndex, compression: CompressionLevel = .default,
        width: Int, cancellation: Cancellation
    ) throws(VarveError) {
        try self.init(
            repository, session, in: repository.backend.temporaryFolder ?? repository.cache.temporary, compression,
            nil, width, cancellation
        ) { figures in
            PackDistribution(repository: repository, session: session, index: index, figures: figures)
        }
    }

    /// Stores in the repositories of all tiers of a session, of which the first says how large packs are.
    ///
    /// - Parameter bases: what segments that are given with bases are compressed against; `nil` to store them plainly.
    convenience init(
        _ tiers: [SessionTier], session: Identifier, compression: CompressionLevel, bases: BaseReader?, width: Int,
        cancellation: Cancellation
    ) throws(VarveError) {
        let first = tiers[0].repository
        // Of several repositories packs do not grow where one is, which may go away.
        let own = tiers.count == 1 ? first.backend.temporaryFolder : nil
        try self.init(first, session, in: own ?? first.cache.temporary, compression, bases, width, cancellation) {
            figures in
            if tiers.count > 1 { return PackDistribution(tiers, session: session, figures: figures) }
            return PackDistribution(repository: first, session: session, index: tiers[0].index, figures: figures)
        }
    }

    private init(
        _ repository: Repository, _ session: Identifier, in folder: BytePath, _ compression: CompressionLevel,
        _ bases: BaseReader?, _ width: Int, _ cancellation: Cancellation,
        _ distribution: (Locked<StoredFigures>) -> PackDistribution
    ) throws(VarveError) {
        self.repository = repository
        self.session = session
        self.folder = folder
        self.cancellation = cancellation
        self.bases = bases
        var workers: [Transfer<SegmentCompressor>] = []
        for _ in 0..<width { workers.append(Transfer(try SegmentCompressor(compression))) }
        self.workers = workers
        pool = WorkerPool(name: "store", width: width, backlog: 2)
        shelf = PackShelf(random: repository.environment.random)
        figures = Locked(StoredFigures())
        packs = distribution(figures)
    }

    /// Stores a segment; waits while too much is on its way.
    ///
    /// - Parameters:
    ///   - bases: what the chunks may be compressed against.
    ///   - release: is given the buffer back.
    package func submit(
        _ segment: SegmentBuilder, _ buffer: Buffer, bases: [ChunkID] = [],
        release: @escaping @Sendable (Buffer) -> Void
    ) {
        submit { [self] worker throws(VarveError) in
            try store(segment, buffer, bases, worker)
        } finally: {
            release(buffer)
        }
    }

    /// Stores a segment as it is stored in another pack: it is not compressed again.
    ///
    /// - Parameters:
    ///   - segment: what the directory of that pack says.
    ///   - stored: exactly its stored bytes.
    package func submit(copyOf segment: SegmentEntry, stored: Buffer) {
        submit { [self] worker throws(VarveError) in
            let stored = stored.prefix(stored.capacity)
            try seal(segment, stored, SegmentDeterminant(copying: stored), into: worker.room(stored.count))
        }
    }

    private func submit(
        _ work: @escaping @Sendable (SegmentCompressor) throws(VarveError) -> Void,
        finally: @escaping @Sendable () -> Void = {}
    ) {
        pool.submit { [self] worker in
            if !cancellation.isCancelled {
                do throws(VarveError) {
                    try work(workers[worker].value)
                } catch {
                    cancellation.cancel(error)
                }
            }
            finally()
        }
    }

    private func store(
        _ segment: SegmentBuilder, _ buffer: Buffer, _ bases: [ChunkID], _ worker: SegmentCompressor
    ) throws(VarveError) {
        let raw = buffer.prefix(segment.count)
        let frame = try compress(segment, raw, against: bases, worker)
        let sealed = UnsafeMutableRawBufferPointer(
            rebasing: frame.room[..<(frame.stored.count + ObjectSealer.overhead)])
        let entry = SegmentEntry(
            sealedLength: UInt32(sealed.count), rawLength: UInt32(segment.count), codec: frame.codec,
            chunkClass: segment.chunkClass, chunks: segment.chunks, bases: frame.bases)
        let determinant = SegmentDeterminant(
            codec: frame.codec.rawValue, level: frame.level, zstdVersion: Zstd.versionNumber,
            chunks: segment.chunks.map { ($0.id, $0.length) }, bases: frame.bases)
        try seal(entry, frame.stored, determinant, into: sealed)
    }

    /// Compresses a segment against its bases where that pays, otherwise by itself.
    private func compress(
        _ segment: SegmentBuilder, _ raw: UnsafeRawBufferPointer, against wanted: [ChunkID],
        _ worker: SegmentCompressor
    ) throws(VarveError) -> SegmentCompressor.Frame {
        guard !wanted.isEmpty, let bases,
            let prefix = try bases.prefix(for: wanted, of: raw, as: segment.chunkClass, into: &worker.prefix),
            let delta = try worker.compress(raw, against: prefix.bases.map(\.id), count: prefix.count)
        else { return try worker.compress(raw) }
        var choice = DeltaChoice(
            rawLength: raw.count, deltaLength: delta.stored.count, baseCount: prefix.bases.count,
            plainLength: min(raw.count, Int(prefix.plainRatio * Double(raw.count))), driftedPart: prefix.driftedPart,
            parentDeltaLength: prefix.deltaRatio * Double(raw.count),
            freshRatio: fresh.withLock { $0[segment.chunkClass]?.ratio })
        if !choice.keepsDeltaSurely {
            let plain = try worker.compress(raw)
            choice.plainLength = plain.stored.count
            guard choice.keepsDelta else { return plain }
        }
        if choice.isFirstGeneration { fresh.withLock { $0[segment.chunkClass, default: Fresh()].add(choice) } }
        figures.withLock { $0.add(choice) }
        return delta
    }

    /// Seals the stored bytes of a segment for the pack that gets it.
    private func seal(
        _ entry: SegmentEntry, _ stored: UnsafeRawBufferPointer, _ determinant: SegmentDeterminant,
        into sealed: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        let type = entry.chunkClass.packType
        let taken = Transfer(shelf.take(type))
        let pack: OpenPack
        var finished: OpenPack.Finished?
        do throws(VarveError) {
            pack = try append(entry, to: taken.value, type) { sealer, offset throws(VarveError) in
                try sealer.sealSegment(
                    stored: stored, offset: offset, codec: entry.codec.rawValue, rawLength: entry.rawLength,
                    determinant: determinant.bytes, into: sealed)
                return UnsafeRawBufferPointer(sealed)
            }
            if pack.assembler.unpaddedSize >= repository.configuration.packSize { finished = try pack.finish() }
        } catch {
            shelf.close(type)
            throw error
        }
        if let finished {
            shelf.close(type)
            try packs.publish(finished)
        } else {
            shelf.putBack(Transfer(pack).value)
        }
    }

    /// Appends a segment to the pack that was taken, or to a new one where there is none or it has no room; gives that pack.
    private func append(
        _ entry: SegmentEntry, to taken: OpenPack?, _ type: ObjectType,
        _ seal: (ObjectSealer, _ offset: UInt32) throws(VarveError) -> UnsafeRawBufferPointer
    ) throws(VarveError) -> OpenPack {
        var pack: OpenPack
        if let taken { pack = taken } else { pack = try OpenPack(type, of: repository, session: session, in: folder) }
        if !pack.hasRoom(for: entry) {
            try packs.publish(try pack.finish())
            pack = try OpenPack(type, of: repository, session: session, in: folder)
        }
        try pack.append(entry, sealed: try seal(pack.sealer, UInt32(pack.assembler.nextOffset)))
        return pack
    }

    /// Waits until everything submitted is in packs that are put and stand in index objects. Nothing may be submitted afterwards.
    ///
    /// Where storing was cancelled, what is whole is published all the same, so that the next run finds it.
    /// - Throws: what went wrong with storing or publishing.
    package func finish() throws(VarveError) {
        pool.finish()
        var failure: VarveError?
        for pack in shelf.takeAll() {
            do throws(VarveError) { try packs.publish(try pack.finish()) } catch { failure = failure ?? error }
        }
        do throws(VarveError) { try packs.finish() } catch { failure = failure ?? error }
        if let failure { throw failure }
    }
}

extension StoredFigures {
    /// Counts a delta that is stored.
    fileprivate mutating func add(_ choice: DeltaChoice) {
        deltaSegments += 1
        deltaRawBytes += UInt64(choice.rawLength)
        deltaStoredBytes += UInt64(choice.deltaLength)
        savedBytes += UInt64(choice.savedLength)
    }
}
