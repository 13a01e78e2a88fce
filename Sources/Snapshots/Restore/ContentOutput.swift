import Indexing
import Packing
import Primitives
import Repositories
import Threads

/// Gives the bytes of a content in order, while several threads read, open and decompress what comes next.
package struct ContentOutput: Sendable {
    private let reader: SegmentReader
    private let cancellation: Cancellation
    private let width: Int
    /// What is planned at once: a stretch of content that comes from so many segments at most, which bounds memory, and
    /// is not much longer than so many bytes.
    private static let segmentsPerStretch = 8
    private static let bytesPerStretch = 4 << 20
    private static let lookAhead = 3
    /// What is read ahead at once, where the storage is distant, is not much longer than so many bytes of content, or what one request may read.
    private static let bytesPerSpan = 16 << 20

    package init(_ reader: SegmentReader, width: Int, cancellation: Cancellation) {
        self.reader = reader
        self.cancellation = cancellation
        self.width = width
    }

    /// Some chunks in a row that lie in one segment, checked.
    private struct Part: Sendable {
        var pieces: [Piece] = []
    }

    private enum Piece: Sendable {
        /// Chunks that lie side by side in a segment.
        case slice(DecodedSegment, Range<Int>)
        case copy([UInt8])
    }

    /// Gives all bytes of `content` to `body`, piece by piece.
    ///
    /// - Throws: kind `damaged` where a chunk cannot be had, naming it; what came before was right and has been given already. What
    ///   `body` throws ends the reading.
    package func read(
        _ content: ContentReference, _ body: (UnsafeRawBufferPointer) throws(VarveError) -> Void
    ) throws(VarveError) {
        switch content {
        case .empty: return
        case .chunk(let id, let size):
            // Most files are one chunk, for which threads would cost more than they save.
            try cancellation.check()
            try reader.withChunk(id, as: .data) { bytes throws(VarveError) in
                guard UInt64(bytes.count) == size else { throw ContentOutput.wrongLength(id, bytes.count, size) }
                try body(bytes)
            }
        case .list: try readList(content, body)
        }
    }

    private static func wrongLength(_ id: ChunkID, _ count: Int, _ expected: UInt64) -> VarveError {
        .damaged("data chunk \(id.shortHex)", "it has \(count) bytes, not the \(expected) that it should have")
    }

    private func readList(
        _ content: ContentReference, _ body: (UnsafeRawBufferPointer) throws(VarveError) -> Void
    ) throws(VarveError) {
        let queue = BoundedQueue<[Promise<Part>]>(capacity: ContentOutput.lookAhead)
        let fetching =
            reader.isDistant
            ? WorkerPool(name: "fetch", width: reader.concurrency, backlog: 4 * reader.concurrency) : nil
        let decoding = WorkerPool(
            name: "decode", width: width, backlog: ContentOutput.lookAhead * ContentOutput.segmentsPerStretch)
        let planner = WorkerThread(name: "plan") {
            do throws(VarveError) {
                try plan(content, fetching) { stretch throws(VarveError) in
                    let promises = stretch.runs.map { _ in Promise<Part>() }
                    try queue.push(promises)
                    // All that is wanted of a segment is one thread's work: no other waits for its decoding.
                    for runs in stretch.runsBySegment {
                        decoding.submit { _ in
                            for number in runs {
                                promises[number].fulfil(
                                    Result { () throws(VarveError) in try part(of: stretch.runs[number]) })
                            }
                        }
                    }
                }
            } catch {
                // What comes before it is given out.
                let failed = Promise<Part>()
                failed.fulfil(.failure(error))
                try? queue.push([failed])
            }
            queue.finish()
        }
        defer {
            queue.fail(VarveError(.cancelled, "the reading has ended"))
            planner.join()
            fetching?.finish()
            decoding.finish()
        }
        while let promises = try queue.pop() {
            for promise in promises {
                try cancellation.check()
                for piece in try promise.value().pieces {
                    switch piece {
                    case .slice(let segment, let range):
                        if let bytes = segment.bytes(in: range) { try body(bytes) }
                        withExtendedLifetime(segment) {}
                    case .copy(let bytes): try bytes.withUnsafeBytesTyped(body)
                    }
                }
            }
        }
    }

    /// A stretch of content: runs of chunks that lie in one segment each.
    private struct Stretch: Sendable {
        var runs: [[PlannedChunk]] = []
        /// The numbers of the runs of each segment, in the order in which the segments come first.
        var runsBySegment: [[Int]] = []
        var bytes = 0
        private var places: [SegmentKey?: Int] = [:]

        mutating func append(_ chunk: PlannedChunk) {
            let segment = chunk.location?.segment
            bytes += Int(chunk.length)
            if let last = runs.last?.last, last.location?.segment == segment {
                runs[runs.count - 1].append(chunk)
                return
            }
            if let place = places[segment] {
                runsBySegment[place].append(runs.count)
            } else {
                places[segment] = runsBySegment.count
                runsBySegment.append([runs.count])
            }
            runs.append([chunk])
        }

        /// Whether `chunk` lies in a segment that is not yet of this stretch.
        func isNew(_ chunk: PlannedChunk) -> Bool { places[chunk.location?.segment] == nil }
    }

    /// Goes through the list and hands over stretches. Where the storage is distant, it is asked for what comes after them meanwhile,
    /// with as many requests at once as are worth while.
    private func plan(
        _ content: ContentReference, _ fetching: WorkerPool?, _ submit: (Stretch) throws(VarveError) -> Void
    ) throws(VarveError) {
        var cursor = ListCursor(content)
        var stretch = Stretch()
        var coming: [[PlannedChunk]] = []
        let spansAhead = reader.isDistant ? reader.concurrency - 1 : 0
        var failure: VarveError?
        var isAtEnd = false
        while true {
            if !isAtEnd {
                let span = nextSpan(&cursor, fetching)
                if !span.chunks.isEmpty { coming.append(span.chunks) }
                failure = span.failure
                isAtEnd = span.chunks.isEmpty || failure != nil
                if !isAtEnd, coming.count <= spansAhead { continue }
            }
            if coming.isEmpty { break }
            for chunk in coming.removeFirst() {
                // It ends where a segment does, or two stretches in a row would want the same one at the same moment.
                let isFull =
                    stretch.runsBySegment.count == ContentOutput.segmentsPerStretch
                    || stretch.bytes >= ContentOutput.bytesPerStretch
                if (isFull && stretch.isNew(chunk)) || stretch.bytes >= 2 * ContentOutput.bytesPerStretch {
                    try submit(stretch)
                    stretch = Stretch()
                }
                stretch.append(chunk)
            }
        }
        if !stretch.runs.isEmpty { try submit(stretch) }
        if let failure { throw failure }
    }

    /// The next chunks of a list, none at its end, and why there are no more; their segments are being read where that takes its time.
    private func nextSpan(
        _ cursor: inout ListCursor, _ fetching: WorkerPool?
    ) -> (chunks: [PlannedChunk], failure: VarveError?) {
        let readList = TreeReader(reader).readList
        var chunks: [PlannedChunk] = []
        var failure: VarveError?
        var rawBytes = 0
        var ahead = FetchPlan(reader)
        do throws(VarveError) {
            while rawBytes < ContentOutput.bytesPerSpan, !ahead.isFull,
                let chunk = try cursor.next(readList)
            {
                let location = reader.locations(of: chunk.id).first
                chunks.append(PlannedChunk(id: chunk.id, length: chunk.length, location: location))
                rawBytes += Int(chunk.length)
                if let location { ahead.add(location) }
            }
        } catch {
            failure = error
        }
        let fetch = reader.fetch(ahead)
        for number in 0..<fetch.requestCount { fetching?.submit { _ in fetch.run(number) } }
        for place in chunks.indices { chunks[place].fetch = fetch }
        return (chunks, failure)
    }

    private func part(of chunks: [PlannedChunk]) throws(VarveError) -> Part {
        try cancellation.check()
        if let pieces = piecesOfOneSegment(chunks) { return Part(pieces: pieces) }
        var part = Part()
        for chunk in chunks {
            try cancellation.check()
            // The best copy is damaged or missing: any other will do, and if there is none, this says what is wrong.
            let bytes = try reader.chunk(chunk.id, as: .data)
            guard bytes.count == Int(chunk.length) else {
                throw ContentOutput.wrongLength(chunk.id, bytes.count, UInt64(chunk.length))
            }
            part.pieces.append(.copy(bytes))
        }
        return part
    }

    /// The chunks from the segment that they were planned from; `nil` where not all of them can be had from there.
    private func piecesOfOneSegment(_ chunks: [PlannedChunk]) -> [Piece]? {
        guard let location = chunks.first?.location, let segment = try? reader.segment(at: location) else { return nil }
        var places: [(id: ChunkID, range: Range<Int>)] = []
        for chunk in chunks {
            guard let location = chunk.location, location.length == chunk.length else { return nil }
            places.append((chunk.id, Int(location.offset)..<Int(location.offset) + Int(location.length)))
        }
        guard location.chunkClass == ChunkClass.data.rawValue,
            reader.areRight(places, as: .data, in: segment)
        else { return nil }
        var ranges: [Range<Int>] = []
        for place in places {
            if let last = ranges.last, last.upperBound == place.range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<place.range.upperBound
            } else {
                ranges.append(place.range)
            }
        }
        return ranges.map { .slice(segment, $0) }
    }
}

/// A chunk of a content and where it will be read from.
struct PlannedChunk: Sendable {
    let id: ChunkID
    let length: UInt32
    /// `nil` where no pack has it.
    let location: ChunkLocation?
    /// What is being read ahead of it, as long as it is wanted.
    var fetch: SegmentFetch?
}

extension [UInt8] {
    /// Lends the bytes to a body with typed errors.
    func withUnsafeBytesTyped(
        _ body: (UnsafeRawBufferPointer) throws(VarveError) -> Void
    ) throws(VarveError) {
        try withUnsafeBytes { bytes in Result { () throws(VarveError) in try body(bytes) } }.get()
    }
}
