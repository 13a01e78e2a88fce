import Backends
import Compressing
import FileIO
import Indexing
import Packing
import Primitives
import Sealing
import Threads

/// The raw bytes of a segment, opened and decompressed. Its chunks are not checked yet: whoever takes one out checks its ID.
package final class DecodedSegment: Sendable {
    private let buffer: Buffer
    package let count: Int

    private let spareBuffers: SpareBuffers

    /// - Parameter spareBuffers: gets the buffer in the end.
    init(buffer: Buffer, count: Int, _ spareBuffers: SpareBuffers) {
        self.buffer = buffer
        self.count = count
        self.spareBuffers = spareBuffers
    }

    deinit { spareBuffers.put(buffer) }

    /// The unchecked bytes of a chunk, valid as long as this object; `nil` where they would lie outside.
    package func bytes(of location: ChunkLocation) -> UnsafeRawBufferPointer? {
        bytes(in: Int(location.offset)..<Int(location.offset) + Int(location.length))
    }

    /// Those in a range; `nil` where they would lie outside.
    package func bytes(in range: Range<Int>) -> UnsafeRawBufferPointer? {
        range.upperBound <= count ? UnsafeRawBufferPointer(rebasing: buffer.prefix(count)[range]) : nil
    }
}

/// Reads chunks: finds, opens and decompresses their segments, and checks every chunk's ID.
///
/// It keeps some decoded segments. All methods may be called from several threads.
package final class SegmentReader: Sendable {
    /// What the index says of a segment, as far as decoding goes by it.
    ///
    /// The codec is part of it, so that whoever decodes a segment with bases waits for plain ones only, whatever index objects that
    /// contradict each other say: nobody waits in a circle.
    struct CacheKey: Hashable {
        let segment: SegmentKey
        let codec: UInt8

        init(_ location: ChunkLocation) {
            segment = location.segment
            codec = location.codec
        }
    }

    struct Cache {
        var segments: [CacheKey: (segment: DecodedSegment, lastUse: UInt64)] = [:]
        /// What some thread is decoding: others wait for it.
        var loading: Set<CacheKey> = []
        var bytes = 0
        var uses: UInt64 = 0

        /// Gives what it lets go, which must not end while the cache is locked: its end takes a lock of its own.
        mutating func keep(_ segment: DecodedSegment, as key: CacheKey, limit: Int) -> [DecodedSegment] {
            loading.remove(key)
            guard segment.count <= limit else { return [] }
            var dropped: [DecodedSegment] = []
            uses += 1
            segments[key] = (segment, uses)
            bytes += segment.count
            while bytes > limit, let oldest = segments.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                segments[oldest.key] = nil
                bytes -= oldest.value.segment.count
                dropped.append(oldest.value.segment)
            }
            return dropped
        }
    }

    let repository: Repository
    let index: ChunkIndex
    private let packCache: PackCache?
    let cache = Monitored(Cache())
    let cacheLimit: Int
    private let sealers = Locked<[UInt32: ObjectSealer]>([:])
    let contexts = Locked<[Transfer<DecodingContext>]>([])
    let spareBuffers = SpareBuffers()
    /// What is read ahead, and memory for it.
    let sealedSegments = SealedSegments()
    let spareReplies = SpareBuffers(limit: 2)
    /// Who reads ahead one by one, and how many segments they are at.
    let prefetching = Locked<(pool: WorkerPool?, count: Int)>((nil, 0))

    /// What one thread needs to decode: a zstd context, and room for sealed and for opened bytes.
    final class DecodingContext {
        let decompressor: Decompressor
        private var sealed = Buffer(capacity: 2 << 20)
        private var opened = Buffer(capacity: 1)

        init() throws(VarveError) { decompressor = try Decompressor() }

        func room(_ count: Int) -> UnsafeMutableRawBufferPointer { DecodingContext.room(count, of: &sealed) }

        func room(forOpened count: Int) -> UnsafeMutableRawBufferPointer { DecodingContext.room(count, of: &opened) }

        private static func room(_ count: Int, of buffer: inout Buffer) -> UnsafeMutableRawBufferPointer {
            if buffer.capacity < count { buffer = Buffer(capacity: count) }
            return UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
        }
    }

    /// - Parameters:
    ///   - cacheLimit: bytes of decoded segments that are kept.
    ///   - packCache: is asked before the storage.
    package init(
        repository: Repository, index: ChunkIndex, cacheLimit: Int = 24 << 20, packCache: PackCache? = nil
    ) {
        self.packCache = packCache
        self.repository = repository
        self.index = index
        self.cacheLimit = cacheLimit
    }

    /// A reader for those who go through long contents: after many versions a stretch of one comes from some ten days' segments and their
    /// bases. From a distant storage these are held as they are stored as well.
    package static func forStreams(of repository: Repository, index: ChunkIndex) -> SegmentReader {
        SegmentReader(
            repository: repository, index: index, cacheLimit: repository.backend.isDistant ? 32 << 20 : 64 << 20)
    }

    // MARK: Chunks

    /// The plain bytes of a chunk, from whichever copy is whole.
    ///
    /// - Throws: kind `damaged`, naming what is wrong with the best copy, or that there is none.
    package func chunk(_ id: ChunkID, as chunkClass: ChunkClass) throws(VarveError) -> [UInt8] {
        try withChunk(id, as: chunkClass) { Array($0) }
    }

    /// Lends the plain bytes of a chunk to `body`.
    package func withChunk<Result>(
        _ id: ChunkID, as chunkClass: ChunkClass, _ body: (UnsafeRawBufferPointer) throws(VarveError) -> Result
    ) throws(VarveError) -> Result {
        var firstError: VarveError?
        for location in locations(of: id) {
            let segment: DecodedSegment
            do throws(VarveError) {
                segment = try self.segment(at: location)
                _ = try checkedBytes(of: id, as: chunkClass, at: location, in: segment)
            } catch  where error.kind != .cancelled {
                firstError = firstError ?? error
                continue
            }
            guard let bytes = segment.bytes(of: location) else { continue }
            defer { withExtendedLifetime(segment) {} }
            return try body(bytes)
        }
        throw firstError ?? absent(id, as: chunkClass)
    }

    /// Why a chunk cannot be found: it is lost, or this machine's cache of the index is damaged and hides it.
    private func absent(_ id: ChunkID, as chunkClass: ChunkClass) -> VarveError {
        if index.removeDamagedRuns() > 0 { return .damagedIndexCache }
        return .damaged("\(chunkClass) chunk \(id.shortHex)", "no pack in the index holds it")
    }

    /// The copies of a chunk, the one that can be reckoned with first.
    package func locations(of id: ChunkID) -> [ChunkLocation] {
        SegmentReader.order(index.allLocations(of: id)) { index.usableLocation(of: id) }
    }

    /// Puts the best of several places first.
    static func order(_ all: [ChunkLocation], best: () -> ChunkLocation?) -> [ChunkLocation] {
        guard all.count > 1, let best = best() else { return all }
        return [best] + all.filter { $0 != best }
    }

    /// The bytes of a chunk in a decoded segment, once its ID has been checked; they live as long as the segment.
    package func checkedBytes(
        of id: ChunkID, as chunkClass: ChunkClass, at location: ChunkLocation, in segment: DecodedSegment
    ) throws(VarveError) -> UnsafeRawBufferPointer {
        guard location.chunkClass == chunkClass.rawValue, let bytes = segment.bytes(of: location),
            repository.hasher.id(of: bytes, as: chunkClass) == id
        else {
            throw .damaged(describe(location), "\(chunkClass) chunk \(id.shortHex) does not match its ID")
        }
        return bytes
    }

    /// Whether the chunks at these places of a decoded segment match their IDs.
    package func areRight(
        _ chunks: [(id: ChunkID, range: Range<Int>)], as chunkClass: ChunkClass, in segment: DecodedSegment
    ) -> Bool {
        defer { withExtendedLifetime(segment) {} }
        var bytes: [UnsafeRawBufferPointer] = []
        for chunk in chunks {
            guard let found = segment.bytes(in: chunk.range) else { return false }
            bytes.append(found)
        }
        return repository.hasher.ids(of: bytes, as: chunkClass) == chunks.map(\.id)
    }

    // MARK: Segments

    private func describe(_ location: ChunkLocation) -> String {
        "\(ObjectName(.data, index.pack(location.pack).id)), segment at \(location.segmentOffset)"
    }

    /// The segment that holds a chunk, from memory or from the repository.
    package func segment(at location: ChunkLocation) throws(VarveError) -> DecodedSegment {
        let key = CacheKey(location)
        let kept = cache.wait { cache -> Kept? in
            if let entry = cache.segments[key] {
                cache.uses += 1
                cache.segments[key] = (entry.segment, cache.uses)
                return .segment(entry.segment)
            }
            return cache.loading.insert(key).inserted ? .nothing : nil
        }
        if case .segment(let segment) = kept { return segment }
        do throws(VarveError) {
            let segment = try decode(location)
            _ = cache.change { $0.keep(segment, as: key, limit: cacheLimit) }
            return segment
        } catch {
            cache.change { _ = $0.loading.remove(key) }
            throw error
        }
    }

    private enum Kept {
        case segment(DecodedSegment)
        case nothing
    }

    /// A context that no other thread uses, to be put back to `contexts`.
    func takeContext() throws(VarveError) -> Transfer<DecodingContext> {
        if let context = contexts.withLock({ $0.popLast() }) { return context }
        return Transfer(try DecodingContext())
    }

    /// Reads, opens and decompresses a segment, without the cache.
    private func decode(_ location: ChunkLocation) throws(VarveError) -> DecodedSegment {
        let object = describe(location)
        guard location.sealedLength < PackLimits.packSize, let codec = SegmentCodec(rawValue: location.codec),
            let chunkClass = ChunkClass(rawValue: location.chunkClass)
        else { throw .damaged(object, "the index says what cannot be of it") }
        let prefix = codec == .zstdWithPrefix ? try self.prefix(location.bases, as: chunkClass, object: object) : nil
        defer { prefix?.release() }
        let sealer = try self.sealer(of: location.pack)
        let context = try takeContext()
        defer { contexts.withLock { $0.append(context) } }
        func open(_ sealed: UnsafeRawBufferPointer) throws(VarveError) -> DecodedSegment {
            try self.open(
                sealed, offset: location.segmentOffset, codec: codec, rawLength: location.rawLength, prefix: prefix,
                sealer, context.value, object: object)
        }
        if let ahead = sealedSegments.bytes(of: location.segment), ahead.range.count == Int(location.sealedLength) {
            defer { withExtendedLifetime(ahead) {} }
            do throws(VarveError) {
                return try open(ahead.sealed)
            } catch {
                // Whoever asks again gets what is stored.
                sealedSegments.put(nil, for: location.segment)
                throw error
            }
        }
        let sealed = context.value.room(Int(location.sealedLength))
        let pack = index.pack(location.pack).id
        if let packCache, packCache.read(pack, at: UInt64(location.segmentOffset), into: sealed) {
            do throws(VarveError) { return try open(UnsafeRawBufferPointer(sealed)) } catch { packCache.drop(pack) }
        }
        let name = ObjectName(.data, pack)
        do throws(VarveError) {
            try repository.backend.read(name, at: UInt64(location.segmentOffset), into: sealed)
        } catch  where error.kind == .notFound {
            throw .damaged("\(name)", "the pack is missing")
        }
        return try open(UnsafeRawBufferPointer(sealed))
    }

    /// Opens and decompresses the sealed bytes of a segment.
    func open(
        _ sealed: UnsafeRawBufferPointer, offset: UInt32, codec: SegmentCodec, rawLength: UInt32, prefix: Prefix?,
        _ sealer: ObjectSealer, _ context: DecodingContext, object: String
    ) throws(VarveError) -> DecodedSegment {
        let storedLength = sealed.count - ObjectSealer.overhead
        let count = Int(rawLength)
        guard storedLength >= 0, count <= PackLimits.rawLength, codec != .stored || storedLength == count else {
            throw .damaged(object, "\(storedLength) bytes stored of \(count)")
        }
        let raw = spareBuffers.take(count)
        let rawBytes = UnsafeMutableRawBufferPointer(rebasing: raw.bytes[..<count])
        let storedBytes = codec == .stored ? rawBytes : context.room(forOpened: storedLength)
        try sealer.openSegment(
            sealed, offset: offset, codec: codec.rawValue, rawLength: rawLength, into: storedBytes, object: object)
        if codec != .stored {
            try context.decompressor.decompress(
                UnsafeRawBufferPointer(storedBytes), into: rawBytes, prefix: prefix?.bytes,
                object: object)
        }
        return DecodedSegment(buffer: raw, count: count, spareBuffers)
    }

    /// Whether the segment at a place can be read without the network.
    func isNear(_ location: ChunkLocation) -> Bool {
        !isDistant || packCache?.holds(index.pack(location.pack).id) == true
    }

    func sealer(of pack: UInt32) throws(VarveError) -> ObjectSealer {
        if let sealer = sealers.withLock({ $0[pack] }) { return sealer }
        let indexed = index.pack(pack)
        let object = "\(ObjectName(.data, indexed.id))"
        let header = try ObjectHeader(decoding: indexed.header[...], of: object)
        let sealer = try repository.sealer(for: header, object: object)
        sealers.withLock { $0[pack] = sealer }
        return sealer
    }
}
