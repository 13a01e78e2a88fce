import Backends
import Indexing
import Packing
import Primitives

/// Segments that are read before they are asked for, with few requests; they are kept as long as this.
package final class SegmentFetch: Sendable {
    /// A range of a pack and the segments in it.
    struct Request: Sendable {
        let pack: UInt32
        let offset: UInt32
        let count: Int
        let segments: [(key: SegmentKey, range: Range<Int>)]

        /// - Parameter extents: of one pack, in ascending order; not empty.
        init(_ extents: ArraySlice<ReadGrouping.Extent>) {
            let first = extents[extents.startIndex].segment
            segments = extents.map { extent in
                let begin = Int(extent.segment.offset - first.offset)
                return (extent.segment, begin..<begin + Int(extent.sealedLength))
            }
            pack = first.pack
            offset = first.offset
            count = segments.map(\.range.upperBound).max() ?? 0
        }
    }

    private let reader: SegmentReader
    private let held: [SegmentKey]
    /// What is still to be asked for; in any order, by any thread.
    private let requests: [Request]

    /// - Parameter extents: in ascending order, each segment once.
    init(_ extents: [ReadGrouping.Extent], _ reader: SegmentReader) {
        let new = extents.filter { reader.sealedSegments.hold($0.segment) }
        self.reader = reader
        held = extents.map(\.segment)
        requests = reader.grouping.groups(of: new).map { Request(new[$0]) }
    }

    deinit { reader.sealedSegments.release(held) }

    /// How often storage must be asked.
    package var requestCount: Int { requests.count }

    /// Carries out a request. Each must be, by some thread that waits for nobody who waits for its segments.
    package func run(_ number: Int) {
        let request = requests[number]
        // Whatever fails is read again by whoever needs it, who then learns what is wrong.
        let reply = try? reader.reply(to: request)
        for segment in request.segments {
            reader.sealedSegments.put(
                reply.map { SealedSegments.Bytes(reply: $0, range: segment.range) }, for: segment.key)
        }
    }

    /// Carries out all requests, one after the other.
    package func run() { for number in requests.indices { run(number) } }
}

extension SegmentReader {
    /// Whether each request takes its time, so that it is worth while to read ahead.
    package var isDistant: Bool { repository.backend.isDistant }

    /// How segments are read together from this storage.
    package var grouping: ReadGrouping {
        isDistant ? .distant(connections: concurrency) : .none
    }

    /// How many requests at once are worth while.
    package var concurrency: Int { max(repository.backend.concurrency, 1) }

    /// Segments to read ahead, with what they need; any thread may then carry out the requests.
    package func fetch(_ plan: FetchPlan) -> SegmentFetch {
        SegmentFetch(plan.wanted.values.sorted { $0.segment < $1.segment }, self)
    }

    /// Reads the segments of these locations, as long as the result is kept. Where the storage is near there is nothing to do.
    package func fetched(_ locations: [ChunkLocation]) -> SegmentFetch {
        var plan = FetchPlan(self)
        for location in locations { plan.add(location) }
        let fetch = self.fetch(plan)
        fetch.run()
        return fetch
    }

    fileprivate func reply(to request: SegmentFetch.Request) throws(VarveError) -> SealedSegments.Reply {
        let name = ObjectName(.data, index.pack(request.pack).id)
        guard request.count <= max(2 * PackLimits.rawLength, Int(grouping.length)) else {
            throw .damaged("\(name)", "the index says what cannot be of it")
        }
        let buffer = spareReplies.take(request.count)
        let reply = SealedSegments.Reply(buffer, spareReplies)
        try repository.backend.read(
            name, at: UInt64(request.offset),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<request.count]))
        return reply
    }
}

/// Which segments are to be read ahead; none where the storage is near.
package struct FetchPlan {
    private let reader: SegmentReader
    private let isNeeded: Bool
    fileprivate var wanted: [SegmentKey: ReadGrouping.Extent] = [:]
    private var known: Set<SegmentKey> = []
    private var count: UInt64 = 0

    /// Whether it is as much as one request may read.
    package var isFull: Bool { isNeeded && count >= reader.grouping.length }

    package init(_ reader: SegmentReader) {
        self.reader = reader
        isNeeded = reader.isDistant
    }

    /// Takes in the segment of a chunk, unless it is at hand, and what its bases need of others.
    package mutating func add(_ location: ChunkLocation) {
        guard isNeeded, known.insert(location.segment).inserted else { return }
        let isAtHand = reader.cache.change { $0.segments[SegmentReader.CacheKey(location)] != nil }
        if isAtHand || reader.isNear(location) { return }
        wanted[location.segment] = ReadGrouping.Extent(location)
        count += UInt64(location.sealedLength)
        for base in location.bases {
            if let place = reader.plainLocations(of: base).first { add(place) }
        }
    }
}
