import Backends
import Indexing
import Packing
import Primitives
import Threads

/// Reading segments before they are asked for, where each request takes its time.
extension SegmentReader {
    /// How segments are read together from this storage.
    package var grouping: ReadGrouping { repository.backend.isDistant ? .distant : .none }

    /// How many requests at once are worth while.
    package var concurrency: Int { max(repository.backend.concurrency, 1) }

    /// Reads segments that lie near each other with as few requests as are worth while, so that they are at hand when they are asked
    /// for. What cannot be read is left to whoever asks.
    ///
    /// - Parameter locations: one for each segment, of one group (``ReadGrouping/groups(of:)``), in ascending order.
    package func load(_ locations: [ChunkLocation]) {
        if locations.count < 2 { return }
        // Those with bases wait for others, which nobody may do who holds what others wait for.
        let plain = locations.filter { SegmentCodec(rawValue: $0.codec)?.isPlain ?? false }
        let own = cache.change { cache in
            plain.filter { location in
                let key = CacheKey(location)
                return cache.segments[key] == nil && cache.loading.insert(key).inserted
            }
        }
        var open = Set(own.map(CacheKey.init))
        for group in grouping.groups(of: own.map(ReadGrouping.Extent.init)) {
            // Whatever fails is read again by whoever needs it, who then learns what is wrong.
            try? read(own[group]) { location, segment in
                let key = CacheKey(location)
                open.remove(key)
                _ = cache.change { $0.keep(segment, as: key, limit: cacheLimit) }
            }
        }
        let left = open
        if !left.isEmpty { cache.change { $0.loading.subtract(left) } }
    }

    /// Reads the segments of these locations, in any order, with as few requests as are worth while; those that lie far
    /// from each other are left to whoever asks, as all are where the storage is near.
    func load(near locations: [ChunkLocation]) {
        guard repository.backend.isDistant else { return }
        var seen: Set<SegmentKey> = []
        let sorted = locations.filter { seen.insert($0.segment).inserted }.sorted { $0.segment < $1.segment }
        for group in grouping.groups(of: sorted.map(ReadGrouping.Extent.init)) { load(Array(sorted[group])) }
    }

    /// Reads a group with one request.
    private func read(
        _ locations: ArraySlice<ChunkLocation>, _ take: (ChunkLocation, DecodedSegment) -> Void
    ) throws(VarveError) {
        guard let first = locations.first else { return }
        let ranges = locations.map { location in
            let begin = Int(location.segmentOffset) - Int(first.segmentOffset)
            return begin..<begin + Int(location.sealedLength)
        }
        let count = ranges.map(\.upperBound).max() ?? 0
        // Of several, the group bounds the bytes.
        guard locations.count > 1 || count <= 2 * PackLimits.rawLength else { return }
        let sealer = try self.sealer(of: first.pack)
        let context = try takeContext()
        defer { contexts.withLock { $0.append(context) } }
        let bytes = context.value.room(count)
        let name = ObjectName(.data, index.pack(first.pack).id)
        try repository.backend.read(name, at: UInt64(first.segmentOffset), into: bytes)
        for (location, range) in zip(locations, ranges) {
            let sealed = UnsafeRawBufferPointer(rebasing: bytes[range])
            guard let codec = SegmentCodec(rawValue: location.codec),
                let segment = try? open(
                    sealed, offset: location.segmentOffset, codec: codec, rawLength: location.rawLength, prefix: nil,
                    sealer, context.value, object: "\(name)")
            else { continue }
            take(location, segment)
        }
    }

    // MARK: One by one

    /// Has the segment of a chunk read on another thread, unless it is at hand or as many as are worth while are being read.
    ///
    /// - Returns: whether it is at hand or will be. Where the storage is near, nothing is done.
    package func prefetch(_ id: ChunkID) -> (isComing: Bool, segment: SegmentKey?) {
        guard repository.backend.isDistant, let location = locations(of: id).first else { return (true, nil) }
        let key = CacheKey(location)
        let isAtHand = cache.change { $0.segments[key] != nil || $0.loading.contains(key) }
        if isAtHand { return (true, location.segment) }
        let isFree = prefetching.withLock { state in
            if state.count >= concurrency { return false }
            state.count += 1
            if state.pool == nil { state.pool = WorkerPool(name: "ahead", width: concurrency, backlog: concurrency) }
            return true
        }
        guard isFree else { return (false, location.segment) }
        prefetching.withLock { $0.pool }?.submit { [self] _ in
            _ = try? segment(at: location)
            prefetching.withLock { $0.count -= 1 }
        }
        return (true, location.segment)
    }
}
