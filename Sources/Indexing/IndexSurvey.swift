import FileIO
import Primitives

/// All copies of all chunks that an index names, each with a number, as the index was at one moment.
///
/// For whoever goes over the whole index and keeps a bit or a number for each copy or segment. One thread at a time.
package final class IndexSurvey {
    /// One copy of a chunk.
    package struct Copy: Hashable {
        /// Below ``IndexSurvey/copyCount``.
        package let number: Int
        /// Below ``IndexSurvey/segmentCount``.
        package let segment: Int
        /// Bytes of the chunk.
        package let length: UInt32
    }

    /// The segment of some copies.
    package struct Segment: Hashable {
        /// The pack's number in the index.
        package let pack: UInt32
        package let offset: UInt32
        package let sealedLength: UInt32
        package let rawLength: UInt32
        package let codec: UInt8
        /// Whether it stands a second time in the index, since several index objects name its pack.
        package let isRepeated: Bool
    }

    /// Where a part of the index begins in the numbering.
    private struct Part {
        let firstCopy: Int
        let firstSegment: Int
        /// For each of its packs, whether a part before names it too.
        let isRepeated: [Bool]

        func copy(_ row: Int, _ chunk: ChunkRow) -> Copy {
            Copy(number: firstCopy + row, segment: firstSegment + Int(chunk.segment), length: chunk.length)
        }
    }

    private let state: IndexState
    private let runs: [MountedRun]
    private let runParts: [Part]
    private let memory: [MemoryPart]
    private let memoryParts: [Part]
    package let copyCount: Int
    package let segmentCount: Int

    /// Takes the index as it is now; what is added to it later is not seen.
    package init(_ index: ChunkIndex) {
        let state = index.frozenState()
        let runs = state.runs + state.sessionRuns
        let memory = [state.growing, state.writing]
        var copies = 0
        var segments = 0
        var named = BitArray(count: state.packs.count)
        func part(_ packs: [UInt32], copies newCopies: Int, segments newSegments: Int) -> Part {
            defer {
                copies += newCopies
                segments += newSegments
            }
            let isRepeated = packs.map { pack in
                defer { named[Int(pack)] = true }
                return named[Int(pack)]
            }
            return Part(firstCopy: copies, firstSegment: segments, isRepeated: isRepeated)
        }
        runParts = runs.map { run in
            let layout = run.tables.layout
            return part(run.packs, copies: layout.chunks, segments: layout.segments)
        }
        memoryParts = memory.map { part($0.packs, copies: $0.table.chunks.count, segments: $0.table.segments.count) }
        copyCount = copies
        segmentCount = segments
        self.state = state
        self.runs = runs
        self.memory = memory
    }

    /// All packs, in the order of their numbers.
    package var packs: [IndexedPack] { state.packs.map(\.pack) }

    // MARK: Segments

    package func segment(_ number: Int) -> Segment {
        withRow(number) { row, _, pack, isRepeated in
            Segment(
                pack: pack, offset: row.offset, sealedLength: row.sealedLength, rawLength: row.rawLength,
                codec: row.codec, isRepeated: isRepeated)
        }
    }

    /// The chunks that a segment needs to be read; empty unless its codec is 2.
    package func bases(ofSegment number: Int) -> [ChunkID] { withRow(number) { _, bases, _, _ in bases() } }

    private func withRow<Result>(
        _ number: Int, _ body: (_ row: SegmentRow, _ bases: () -> [ChunkID], _ pack: UInt32, Bool) -> Result
    ) -> Result {
        if let place = runParts.lastIndex(where: { $0.firstSegment <= number }), memoryParts[0].firstSegment > number {
            let run = runs[place]
            defer { withExtendedLifetime(run.run) {} }
            let row = run.tables.segment(number - runParts[place].firstSegment)
            let pack = Int(row.pack)
            return body(row, { run.tables.bases(of: row) }, run.packs[pack], runParts[place].isRepeated[pack])
        }
        let place = memoryParts[1].firstSegment <= number ? 1 : 0
        let part = memory[place]
        let row = part.table.segments[number - memoryParts[place].firstSegment]
        let pack = Int(row.pack)
        return body(row, { part.bases(of: row) }, part.packs[pack], memoryParts[place].isRepeated[pack])
    }

    // MARK: Usability

    /// Whether the segment can be reckoned with: its pack is usable, and so are plain copies of its bases (`format-spec/index.md`).
    package func isUsable(_ number: Int) -> Bool {
        let segment = segment(number)
        return state.packs[Int(segment.pack)].isUsable && !isDamaged(segment)
            && (segment.codec != 2
                || bases(ofSegment: number).allSatisfy { state.usablePlainLocation(of: $0) != nil })
    }

    /// Whether a damage record names the segment.
    package func isDamaged(_ segment: Segment) -> Bool {
        !state.damagedSegments.isEmpty
            && state.damagedSegments.contains(SegmentKey(pack: segment.pack, offset: segment.offset))
    }

    // MARK: Copies

    /// Gives every copy of a chunk to `body`.
    package func forEachCopy(of id: ChunkID, _ body: (Copy) -> Void) {
        for (run, part) in zip(runs, runParts) {
            var rows = run.tables.rows(of: id)
            while let (row, chunk) = rows.nextNumbered() { body(part.copy(row, chunk)) }
            withExtendedLifetime(run.run) {}
        }
        for (memory, part) in zip(memory, memoryParts) {
            _ = memory.table.anyNumberedRow(of: id) { row, chunk in
                body(part.copy(row, chunk))
                return false
            }
        }
    }

    /// Gives each of many chunks to `body`, once, with all its copies: in the order of the tables, so that rows are read together.
    ///
    /// - Parameter ids: at most some ten thousand at a time, for the memory.
    package func forEachChunk(among ids: [ChunkID], _ body: (_ id: ChunkID, _ copies: ArraySlice<Copy>) -> Void) {
        var sorted = ids.sorted(by: ChunkRow.comesBefore)
        sorted.removeRepetitions()
        var found: [(place: Int, copy: Copy)] = []
        found.reserveCapacity(sorted.count)
        for (run, part) in zip(runs, runParts) {
            var window = RowWindow(run.tables)
            for (place, id) in sorted.enumerated() {
                var rows = run.tables.rows(of: id)
                while let row = rows.nextCandidate() {
                    guard let chunk = window.chunk(at: row), chunk.id == id else { continue }
                    found.append((place, part.copy(row, chunk)))
                }
            }
            withExtendedLifetime(run.run) {}
        }
        for (memory, part) in zip(memory, memoryParts) where !memory.table.isEmpty {
            for (place, id) in sorted.enumerated() {
                _ = memory.table.anyNumberedRow(of: id) { row, chunk in
                    found.append((place, part.copy(row, chunk)))
                    return false
                }
            }
        }
        if copiedParts > 1 { found.sort { $0.place < $1.place } }
        let copies = found.map(\.copy)
        var start = 0
        for (place, id) in sorted.enumerated() {
            var end = start
            while end < found.count, found[end].place == place { end += 1 }
            body(id, copies[start..<end])
            start = end
        }
    }

    /// How many parts of the index hold chunks.
    private var copiedParts: Int {
        runs.count(where: { $0.tables.layout.chunks > 0 }) + memory.count(where: { !$0.table.isEmpty })
    }

    /// Gives every copy of every chunk to `body`.
    ///
    /// - Throws: kind `local` where a run is damaged, whose file is removed then; what `body` throws.
    package func forEachCopy(
        _ body: (_ id: ChunkID, _ copy: Copy) throws(VarveError) -> Void
    ) throws(VarveError) {
        for (run, part) in zip(runs, runParts) {
            var scan = RunScan(run.tables)
            var row = 0
            while let chunk = try IndexSurvey.next(&scan, row, in: run.run) {
                try body(chunk.id, part.copy(row, chunk))
                row += 1
            }
            withExtendedLifetime(run.run) {}
        }
        for (memory, part) in zip(memory, memoryParts) {
            for (row, chunk) in memory.table.chunks.enumerated() { try body(chunk.id, part.copy(row, chunk)) }
        }
    }

    private static func next(_ scan: inout RunScan, _ row: Int, in run: IndexRun) throws(VarveError) -> ChunkRow? {
        do throws(RunScan.Damage) {
            guard let chunk = try scan.next() else { return nil }
            // A wrong fingerprint would hide the chunk from every look-up.
            guard run.tables.fingerprint(of: row) == ChunkRow.fingerprint(of: chunk.id) else { throw RunScan.Damage() }
            return chunk
        } catch {
            try? run.path?.removeFile()
            throw .damagedIndexCache
        }
    }
}

extension [ChunkID] {
    /// Of equal ones that stand together the first is left.
    fileprivate mutating func removeRepetitions() {
        var count = 0
        for position in indices where position == 0 || self[position] != self[count - 1] {
            self[count] = self[position]
            count += 1
        }
        removeLast(self.count - count)
    }
}

extension VarveError {
    /// This machine's cache of the index was damaged; what was of it is gone, so that it will be built anew.
    package static var damagedIndexCache: VarveError {
        VarveError(
            .local, "the cache of the index was damaged, and has been removed", advice: "run it again",
            isRetryable: true)
    }
}
