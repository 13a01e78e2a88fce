import FileIO
import Indexing
import Packing
import Primitives
import Repositories
import Threads

/// Files whose content is to be written: gathers their chunks, then reads each segment once and writes from it wherever it is needed.
final class FileBatch {
    /// A file that is being restored.
    struct File {
        let file: OpenFile
        let folder: OpenFile
        let entry: TreeEntry
        /// Where it is below the target, in display form.
        let path: String
        /// Whether there was content before, so that what is right already need not be written.
        let isExisting: Bool
    }

    /// A chunk's place in a file.
    private struct Placement: Sendable {
        let chunk: PlannedChunk
        let file: Int
        let offset: Int64
    }

    /// Bytes that are missing in a file, and why.
    struct Gap: Sendable {
        let file: Int
        let range: Range<Int64>
        let error: VarveError
    }

    private(set) var files: [File] = []
    private var placements: [Placement] = []
    private(set) var gaps: [Gap] = []
    private let reader: SegmentReader
    private let repository: Repository
    private let makesSparse: Bool
    private let width: Int
    private let cancellation: Cancellation
    private let progress: Locked<RestoreProgress>

    private static let fileLimit = 512
    private static let placementLimit = 64 << 10

    init(
        repository: Repository, reader: SegmentReader, makesSparse: Bool, width: Int, cancellation: Cancellation,
        progress: Locked<RestoreProgress>
    ) {
        self.repository = repository
        self.reader = reader
        self.makesSparse = makesSparse
        self.width = width
        self.cancellation = cancellation
        self.progress = progress
    }

    var isFull: Bool { files.count >= FileBatch.fileLimit || placements.count >= FileBatch.placementLimit }

    /// Takes in a file. A long one is written in several steps; it stays in the batch until ``removeAll()``.
    func append(_ file: File) throws(VarveError) {
        let number = files.count
        files.append(file)
        guard let content = file.entry.content else { return }
        var cursor = ListCursor(content)
        var extents = ExtentPosition(file.entry)
        let readList = TreeReader(reader).readList
        do throws(VarveError) {
            while let chunk = try cursor.next(readList) {
                let planned = PlannedChunk(
                    id: chunk.id, length: chunk.length, location: reader.locations(of: chunk.id).first)
                placements.append(Placement(chunk: planned, file: number, offset: extents.position))
                extents.advance(by: Int64(chunk.length))
                if placements.count >= FileBatch.placementLimit { try write() }
            }
        } catch  where error.kind != .cancelled {
            let end = max(extents.position, Int64(clamping: file.entry.size))
            gaps.append(Gap(file: number, range: extents.position..<end, error: error))
        }
    }

    /// Writes all chunks gathered so far.
    func write() throws(VarveError) {
        var placements = self.placements
        self.placements = []
        let end = SegmentKey(pack: .max, offset: .max)
        placements.sort { ($0.chunk.location?.segment ?? end) < ($1.chunk.location?.segment ?? end) }
        let groups = self.groups(of: placements)
        let found = Locked<[Gap]>([])
        let next = Locked(0)
        let threads = (0..<min(max(width, reader.concurrency), groups.count)).map { [self, placements, groups] _ in
            let work = Transfer(self)
            return WorkerThread(name: "restore") {
                while true {
                    let group = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard group < groups.count, !work.value.cancellation.isCancelled else { return }
                    let fetch = work.value.reader.fetched(groups[group].locations)
                    let gaps = work.value.write(placements[groups[group].placements])
                    withExtendedLifetime(fetch) {}
                    if !gaps.isEmpty { found.withLock { $0 += gaps } }
                }
            }
        }
        for thread in threads { thread.join() }
        try cancellation.check()
        gaps += found.withLock { $0 }
    }

    /// Divides placements, in order of their segments, by the segments that are read together.
    private func groups(of placements: [Placement]) -> [(locations: [ChunkLocation], placements: Range<Int>)] {
        var segments: [(location: ChunkLocation?, placements: Range<Int>)] = []
        var start = 0
        for index in placements.indices
        where index + 1 == placements.count
            || placements[index + 1].chunk.location?.segment != placements[index].chunk.location?.segment
        {
            segments.append((placements[index].chunk.location, start..<index + 1))
            start = index + 1
        }
        let locations = segments.compactMap(\.location)
        var groups: [(locations: [ChunkLocation], placements: Range<Int>)] = []
        for range in reader.grouping.groups(of: locations.map { ReadGrouping.Extent($0) }) {
            let first = segments[range.lowerBound].placements
            let last = segments[range.upperBound - 1].placements
            groups.append((Array(locations[range]), first.lowerBound..<last.upperBound))
        }
        // What has no location stands at the end.
        if let last = segments.last, last.location == nil { groups.append(([], last.placements)) }
        return groups
    }

    func removeAll() {
        files = []
        gaps = []
    }

    /// Writes the chunks of one segment; gives what could not be.
    private func write(_ placements: ArraySlice<Placement>) -> [Gap] {
        var gaps: [Gap] = []
        for placement in placements {
            let range = placement.offset..<placement.offset + Int64(placement.chunk.length)
            let file = files[placement.file]
            do throws(VarveError) {
                var isRight = false
                if file.isExisting { isRight = try self.isRight(placement, file) }
                let written = isRight ? 0 : try write(placement, to: file)
                progress.withLock { progress in
                    progress.bytes += UInt64(placement.chunk.length)
                    progress.writtenBytes += UInt64(written)
                }
            } catch {
                gaps.append(Gap(file: placement.file, range: range, error: error))
            }
        }
        return gaps
    }

    /// Whether an existing file holds the chunk where it belongs.
    private func isRight(_ placement: Placement, _ file: File) throws(VarveError) -> Bool {
        guard placement.chunk.length <= PackLimits.rawLength else { return false }
        let buffer = Buffer(capacity: Int(placement.chunk.length))
        var extents = ExtentPosition(file.entry, at: placement.offset)
        for (offset, range) in extents.pieces(of: Int(placement.chunk.length)) {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[range])
            let count = try reportingErrors(as: .local) { () throws(SystemError) in
                try file.file.readFully(into: part, at: offset)
            }
            if count < part.count { return false }
        }
        return repository.hasher.id(of: buffer.prefix(buffer.capacity), as: .data) == placement.chunk.id
    }

    /// Writes a chunk; gives how many bytes were written.
    private func write(_ placement: Placement, to file: File) throws(VarveError) -> Int {
        try reader.withChunk(placement.chunk.id, as: .data) { bytes throws(VarveError) in
            guard bytes.count == Int(placement.chunk.length) else {
                throw .damaged(
                    "data chunk \(placement.chunk.id.shortHex)", "it does not have the length that its list says")
            }
            if makesSparse, !file.isExisting, isZero(bytes) { return 0 }
            var extents = ExtentPosition(file.entry, at: placement.offset)
            for (offset, range) in extents.pieces(of: bytes.count) {
                try reportingErrors(as: .local) { () throws(SystemError) in
                    try file.file.write(UnsafeRawBufferPointer(rebasing: bytes[range]), at: offset)
                }
            }
            return bytes.count
        }
    }

    private func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.first == 0, let base = bytes.baseAddress else { return false }
        return bytes.count == 1 || compareBytes(base, base + 1, bytes.count - 1)
    }
}
