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

    package init(_ reader: SegmentReader, width: Int, cancellation: Cancellation) {
        self.reader = reader
        self.cancellation = cancellation
        self.width = max(width, reader.concurrency)
    }

    /// Stretches that may be ready before they are asked for: where requests take their time, each may be no more than one.
    private var lookAhead: Int { max(ContentOutput.lookAhead, reader.concurrency) }

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
        let queue = BoundedQueue<[Promise<Part>]>(capacity: lookAhead)
        let pool = WorkerPool(
            name: "decode", width: width, backlog: lookAhead * ContentOutput.segmentsPerStretch)
        let planner = WorkerThread(name: "plan") {
            do throws(VarveError) {
                try plan(content) { stretch throws(VarveError) in
                    let promises = stretch.runs.map { _ in Promise<Part>() }
                    try queue.push(promises)
                    // All that is wanted of a segment is one thread's work: no other waits for its decoding.
                    for group in stretch.groups(reader.grouping) {
                        pool.submit { _ in
                            reader.load(group.locations)
                            for number in group.runs {
                                promises[number].fulfil(
                                    Result { () throws(VarveError) in try part(of: stretch.runs[number]) })
                            }
                        }
                    }
                }
                queue.finish()
            } catch {
                queue.fail(error)
            }
        }
        defer {
            queue.fail(VarveError(.cancelled, "the reading has ended"))
            planner.join()
            pool.finish()
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

        /// Divides the runs by the segments that are read together.
        func groups(_ grouping: ReadGrouping) -> [(locations: [ChunkLocation], runs: [Int])] {
            if grouping == .none { return runsBySegment.map { ([], $0) } }
            var found: [(location: ChunkLocation, runs: [Int])] = []
            var groups: [(locations: [ChunkLocation], runs: [Int])] = []
            for numbers in runsBySegment {
                if let location = runs[numbers[0]][0].location {
                    found.append((location, numbers))
                } else {
                    groups.append(([], numbers))
                }
            }
            found.sort { $0.location.segment < $1.location.segment }
            for range in grouping.groups(of: found.map { ReadGrouping.Extent($0.location) }) {
                groups.append((found[range].map(\.location), found[range].flatMap(\.runs)))
            }
            return groups
        }

        /// Whether `chunk` lies in a segment that is not yet of this stretch.
        func isNew(_ chunk: PlannedChunk) -> Bool { places[chunk.location?.segment] == nil }
    }

    /// Goes through the list and hands over stretches.
    private func plan(
        _ content: ContentReference, _ submit: (Stretch) throws(VarveError) -> Void
    ) throws(VarveError) {
        var cursor = ListCursor(content)
        let readList = TreeReader(reader).readList
        var stretch = Stretch()
        while let chunk = try cursor.next(readList) {
            let planned = PlannedChunk(
                id: chunk.id, length: chunk.length, location: reader.locations(of: chunk.id).first)
            // It ends where a segment does, or two stretches in a row would want the same one at the same moment.
            let isFull =
                stretch.runsBySegment.count == ContentOutput.segmentsPerStretch
                || stretch.bytes >= ContentOutput.bytesPerStretch
            if (isFull && stretch.isNew(planned)) || stretch.bytes >= 2 * ContentOutput.bytesPerStretch {
                try submit(stretch)
                stretch = Stretch()
            }
            stretch.append(planned)
        }
        if !stretch.runs.isEmpty { try submit(stretch) }
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
}

extension [UInt8] {
    /// Lends the bytes to a body with typed errors.
    func withUnsafeBytesTyped(
        _ body: (UnsafeRawBufferPointer) throws(VarveError) -> Void
    ) throws(VarveError) {
        try withUnsafeBytes { bytes in Result { () throws(VarveError) in try body(bytes) } }.get()
    }
}
