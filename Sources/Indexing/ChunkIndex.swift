import FileIO
import Primitives
import Threads

/// Where every chunk of a repository is: sorted runs on disk, and a table in memory for what came since.
///
/// It takes at most 256 Ki chunks of the running session into memory (13 MB), then writes them to a run of its own.
/// All methods may be called from several threads.
package final class ChunkIndex: Sendable {
    /// How many chunks may be in memory before they are written to a run.
    package static let pendingLimit = 256 << 10

    private let state = Locked(IndexState())
    /// Held while the runs of this session are written and merged: who adds a pack waits for that, look-ups do not.
    /// What it holds means nothing, but the thread sanitizer takes accesses to an empty value for races.
    private let spilling = Locked(false)
    private let folder: BytePath
    private let pendingLimit: Int

    /// - Parameters:
    ///   - folder: where runs of this session are made; they have no name there.
    ///   - pendingLimit: see ``pendingLimit``.
    package init(folder: BytePath, pendingLimit: Int = ChunkIndex.pendingLimit) {
        self.folder = folder
        self.pendingLimit = pendingLimit
    }

    // MARK: Building

    /// Makes the content of a run known.
    package func mount(_ run: IndexRun) {
        state.withLock { state in
            state.runs.append(MountedRun(run, packs: run.packs.map { state.number(of: $0) }))
        }
    }

    /// Makes a pack of this session known, with all its chunks, which are claimed no longer. It is usable.
    ///
    /// - Throws: kind `local` where the table in memory is full and cannot be written. The pack is known even so.
    package func add(_ pack: IndexedPack, _ segments: [IndexedSegment]) throws(VarveError) {
        let isFull = state.withLock { state in
            let number = state.number(of: pack)
            state.packs[Int(number)].isUsable = true
            state.growing.table.add(pack, segments)
            state.growing.packs.append(number)
            for segment in segments {
                for chunk in segment.chunks { state.claimed.remove(chunk.id) }
            }
            return state.growing.table.chunks.count >= pendingLimit
        }
        if isFull { try spilling.withLock { _ throws(VarveError) in try spill() } }
    }

    private func spill() throws(VarveError) {
        while let part = state.withLock({ $0.partToWrite(limit: pendingLimit) }) {
            let run = try read(try part.table.write(to: folder, covering: []))
            state.withLock { $0.finishWriting(MountedRun(run, packs: part.packs)) }
            try mergeSessionRuns()
        }
    }

    private func mergeSessionRuns() throws(VarveError) {
        // Only the holder of `spilling` changes the runs of this session.
        let runs = state.withLock { $0.sessionRuns }
        let chosen = RunMerging.choice(among: runs.map(\.run.chunkCount))
        if chosen.isEmpty { return }
        let merged = MountedRun(
            try read(try IndexRun.merge(chosen.map { runs[$0].run }, to: folder)),
            packs: chosen.flatMap { runs[$0].packs })
        let kept = runs.indices.filter { !chosen.contains($0) }.map { runs[$0] }
        state.withLock { $0.sessionRuns = kept + [merged] }
    }

    /// Maps a run that was just written, and takes its name away.
    private func read(_ file: TemporaryFile) throws(VarveError) -> IndexRun {
        let mapped = try reportingErrors(as: .local) { () throws(SystemError) in try MappedFile(file.file) }
        file.discard()
        guard let run = IndexRun(mapped) else { throw .differentRun(in: folder) }
        return run
    }

    /// Says which packs and segments are usable (`format-spec/index.md`); until then none of the mounted ones is.
    package func setUsable(damagedSegments: [(pack: Digest, offset: UInt32)], _ isUsable: (IndexedPack) -> Bool) {
        state.withLock { state in
            for number in state.packs.indices { state.packs[number].isUsable = isUsable(state.packs[number].pack) }
            state.damagedSegments = []
            for damaged in damagedSegments {
                guard let pack = state.packNumbers[damaged.pack] else { continue }
                state.damagedSegments.insert(SegmentKey(pack: pack, offset: damaged.offset))
            }
        }
    }

    /// Removes the files of mounted runs that are damaged, in which a chunk may hide; gives how many there were.
    ///
    /// What was mounted stays so: the next loading of the index reads anew what those runs covered.
    package func removeDamagedRuns() -> Int {
        let damaged = state.withLock { $0.runs }.filter { !$0.run.isWhole }
        for mounted in damaged { try? mounted.run.path?.removeFile() }
        return damaged.count
    }

    /// A copy of the state as it is now.
    func frozenState() -> IndexState { state.withLock { $0.copy() } }

    // MARK: Looking up

    /// All packs that the index names.
    package var packs: [IndexedPack] { state.withLock { $0.packs.map(\.pack) } }

    /// The pack with a location's number.
    package func pack(_ number: UInt32) -> IndexedPack { state.withLock { $0.packs[Int(number)].pack } }

    /// Whether the index names the pack.
    package func contains(pack id: Digest) -> Bool { state.withLock { $0.packNumbers[id] != nil } }

    /// A copy of the chunk that can be reckoned with; where there is none, `nil`.
    package func usableLocation(of id: ChunkID) -> ChunkLocation? { state.withLock { $0.usableLocation(of: id) } }

    /// A usable copy that needs no other segment, as bases must.
    package func usablePlainLocation(of id: ChunkID) -> ChunkLocation? {
        state.withLock { $0.usablePlainLocation(of: id) }
    }

    /// A copy in a usable pack and segment of a chunk that would be usable if the bases of that segment were; `nil` where another is.
    package func locationLackingBases(of id: ChunkID) -> ChunkLocation? {
        state.withLock { $0.locationLackingBases(of: id) }
    }

    /// A usable copy of each of `ids`: a plain one where there is one.
    package func usableCopies(of ids: some Sequence<ChunkID>) -> [ChunkLocation?] {
        state.withLock { state in ids.map { state.usablePlainLocation(of: $0) ?? state.usableLocation(of: $0) } }
    }

    /// All copies that the index names, usable or not; readers may try them all, because chunk IDs are checked.
    ///
    /// A pack that stands in several index objects counts once.
    package func allLocations(of id: ChunkID) -> [ChunkLocation] {
        state.withLock { state in
            var locations: [ChunkLocation] = []
            _ = state.anyLocation(of: id) { location in
                if !locations.contains(location) { locations.append(location) }
                return false
            }
            return locations
        }
    }

    /// How many numbers ``ordinal(of:)`` may give.
    package var ordinalCount: Int { state.withLock { $0.ordinalCount } }

    /// A number of the chunk below ``ordinalCount``, one for all its copies; `nil` where the index names none.
    ///
    /// So what is to be remembered of each chunk can stand in an array. Numbers are good until the index changes.
    package func ordinal(of id: ChunkID) -> Int? { state.withLock { $0.ordinal(of: id) } }

    /// Whether there is a usable copy of the chunk, or this session is about to store one.
    package func isKnown(_ id: ChunkID) -> Bool { state.withLock { $0.isKnown(id) } }

    /// Whether every one of `ids` is known.
    package func areKnown(_ ids: some Sequence<ChunkID>) -> Bool {
        state.withLock { state in ids.allSatisfy { state.isKnown($0) } }
    }

    /// Claims those of `ids` that are not known, to be stored by the caller; gives their positions in `ids`.
    ///
    /// Of equal ones the first is given. What was claimed is known to everybody from then on.
    package func claim(_ ids: [ChunkID]) -> [Int] {
        state.withLock { state in
            ids.indices.filter { position in
                if state.isKnown(ids[position]) { return false }
                state.claimed.insert(ids[position])
                return true
            }
        }
    }
}
