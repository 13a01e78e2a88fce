import Backends
import Indexing
import Primitives
import Threads

/// Reading single segments before they are asked for, where each request takes its time.
extension SegmentReader {
    /// Has the segment of a chunk read on another thread, unless it is at hand or as many as are worth while are being read.
    ///
    /// - Returns: whether it is at hand or will be. Where the storage is near, nothing is done.
    package func prefetch(_ id: ChunkID) -> (isComing: Bool, segment: SegmentKey?) {
        guard isDistant, let location = locations(of: id).first else { return (true, nil) }
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
