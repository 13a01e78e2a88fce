import Compressing
import FileIO
import Indexing
import Packing
import Primitives
import Sealing
import Threads

/// How much a session has stored so far.
package struct StoredFigures: Sendable, Equatable {
    /// Packs put.
    package var packs = 0
    /// Their bytes.
    package var storedBytes: UInt64 = 0
}

/// Compresses, seals and writes segments on several threads.
package final class SegmentStore: Sendable {
    private let repository: Repository
    private let session: Identifier
    private let pool: WorkerPool
    private let workers: [Transfer<Worker>]
    private let shelf: PackShelf
    private let packs: PackDistribution
    /// Where packs grow.
    private let folder: BytePath
    private let cancellation: Cancellation
    package let figures: Locked<StoredFigures>

    /// What one thread needs: a zstd context, and room for a sealed segment.
    private final class Worker {
        let compressor: Compressor
        var room = Buffer(capacity: 2 << 20)

        init(_ level: CompressionLevel) throws(VarveError) { compressor = try Compressor(level: level) }

        func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
            if room.capacity < count { room = Buffer(capacity: count) }
            return UnsafeMutableRawBufferPointer(rebasing: room.bytes[..<count])
        }
    }

    /// Stores in one repository.
    ///
    /// - Parameter cancellation: is cancelled when storing fails.
    /// - Throws: kind `local` for want of memory.
    package convenience init(
        repository: Repository, session: Identifier, index: LoadedIndex, compression: CompressionLevel = .default,
        width: Int, cancellation: Cancellation
    ) throws(VarveError) {
        try self.init(
            repository, session, in: repository.backend.temporaryFolder ?? repository.cache.temporary, compression,
            width, cancellation
        ) { figures in
            PackDistribution(repository: repository, session: session, index: index, figures: figures)
        }
    }

    /// Stores in the repositories of all tiers of a session, of which the first says how large packs are.
    convenience init(
        _ tiers: [SessionTier], session: Identifier, compression: CompressionLevel, width: Int,
        cancellation: Cancellation
    ) throws(VarveError) {
        let first = tiers[0]
        if tiers.count == 1 {
            try self.init(
                repository: first.repository, session: session, index: first.index, compression: compression,
                width: width, cancellation: cancellation)
        } else {
            // Packs do not grow where one of the repositories is, which may go away.
            try self.init(
                first.repository, session, in: first.repository.cache.temporary, compression, width, cancellation
            ) { figures in
                PackDistribution(tiers, session: session, figures: figures)
            }
        }
    }

    private init(
        _ repository: Repository, _ session: Identifier, in folder: BytePath, _ compression: CompressionLevel,
        _ width: Int, _ cancellation: Cancellation, _ distribution: (Locked<StoredFigures>) -> PackDistribution
    ) throws(VarveError) {
        self.repository = repository
        self.session = session
        self.folder = folder
        self.cancellation = cancellation
        var workers: [Transfer<Worker>] = []
        for _ in 0..<width { workers.append(Transfer(try Worker(compression))) }
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
            let room = worker.room(stored.count + ObjectSealer.overhead)
            try seal(segment, stored, SegmentDeterminant(copying: stored), into: room)
        }
    }

    private func submit(
        _ work: @escaping @Sendable (Worker) throws(VarveError) -> Void, finally: @escaping @Sendable () -> Void = {}
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
        _ segment: SegmentBuilder, _ buffer: Buffer, _ bases: [ChunkID], _ worker: Worker
    ) throws(VarveError) {
        let raw = buffer.prefix(segment.count)
        let start = ObjectSealer.overhead - 16
        let room = worker.room(segment.count + ObjectSealer.overhead)
        let frame = UnsafeMutableRawBufferPointer(rebasing: room[start...])
        let compressed = try worker.compressor.compress(raw, into: frame)
        let codec = compressed == nil ? SegmentCodec.stored : .zstd
        let storedLength = compressed ?? segment.count
        let stored = compressed.map { UnsafeRawBufferPointer(rebasing: frame[..<$0]) } ?? raw
        let sealed = UnsafeMutableRawBufferPointer(rebasing: room[..<(storedLength + ObjectSealer.overhead)])
        let entry = SegmentEntry(
            sealedLength: UInt32(sealed.count), rawLength: UInt32(segment.count), codec: codec,
            chunkClass: segment.chunkClass, chunks: segment.chunks)
        let determinant = SegmentDeterminant(
            codec: codec.rawValue, level: worker.compressor.level.zstdLevel ?? 0, zstdVersion: Zstd.versionNumber,
            chunks: segment.chunks.map { ($0.id, $0.length) }, bases: [])
        try seal(entry, stored, determinant, into: sealed)
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
