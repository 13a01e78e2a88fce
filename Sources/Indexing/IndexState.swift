import Primitives

/// What ``ChunkIndex`` knows; it is guarded by its lock.
///
/// An object, because a look-up goes through several closures and should not copy a dozen references for each.
final class IndexState {
    struct PackState {
        let pack: IndexedPack
        var isUsable: Bool
    }

    /// Runs of the cache.
    var runs: [MountedRun] = []
    /// Runs of what this session added.
    var sessionRuns: [MountedRun] = []
    /// What this session added since.
    var growing = MemoryPart()
    /// What is being written to a run; empty where nothing is.
    private(set) var writing = MemoryPart()
    var packs: [PackState] = []
    /// The place of each pack in `packs`.
    var packNumbers: [Digest: UInt32] = [:]
    /// Chunks that this session is about to store.
    var claimed: Set<ChunkID> = []
    /// Segments with a damage record.
    var damagedSegments: Set<SegmentKey> = []

    /// The same, to be looked at without the lock that guards this one.
    func copy() -> IndexState {
        let copy = IndexState()
        copy.runs = runs
        copy.sessionRuns = sessionRuns
        copy.growing = growing
        copy.writing = writing
        copy.packs = packs
        copy.packNumbers = packNumbers
        copy.claimed = claimed
        copy.damagedSegments = damagedSegments
        return copy
    }

    /// The number of a pack, which is not usable where it is new.
    func number(of pack: IndexedPack) -> UInt32 {
        if let number = packNumbers[pack.id] { return number }
        let number = UInt32(packs.count)
        packs.append(PackState(pack: pack, isUsable: false))
        packNumbers[pack.id] = number
        return number
    }

    /// What should be written to a run now: the part whose writing failed before, or the growing one once it holds
    /// `limit` chunks.
    func partToWrite(limit: Int) -> MemoryPart? {
        if writing.table.isEmpty, growing.table.chunks.count >= limit { swap(&writing, &growing) }
        return writing.table.isEmpty ? nil : writing
    }

    /// Takes the run that the part was written to.
    func finishWriting(_ run: MountedRun) {
        sessionRuns.append(run)
        writing = MemoryPart()
    }

    // MARK: Looking up

    func isKnown(_ id: ChunkID) -> Bool { claimed.contains(id) || usableLocation(of: id) != nil }

    func usableLocation(of id: ChunkID) -> ChunkLocation? {
        firstUsable(of: id) { location in location.bases.allSatisfy { usablePlainLocation(of: $0) != nil } }
    }

    func usablePlainLocation(of id: ChunkID) -> ChunkLocation? { firstUsable(of: id) { $0.codec != 2 } }

    func locationLackingBases(of id: ChunkID) -> ChunkLocation? {
        usableLocation(of: id) == nil ? firstUsable(of: id) { _ in true } : nil
    }

    /// The first copy in a usable pack and segment that `body` accepts.
    @inline(__always)
    private func firstUsable(of id: ChunkID, where body: (ChunkLocation) -> Bool) -> ChunkLocation? {
        var found: ChunkLocation?
        _ = anyLocation(of: id) { location in
            guard packs[Int(location.pack)].isUsable,
                damagedSegments.isEmpty || !damagedSegments.contains(location.segment),
                body(location)
            else { return false }
            found = location
            return true
        }
        return found
    }

    /// Gives every copy of the chunk to `body` until that returns true; returns whether it did.
    @inline(__always)
    func anyLocation(of id: ChunkID, _ body: (ChunkLocation) -> Bool) -> Bool {
        if growing.anyLocation(of: id, body) || writing.anyLocation(of: id, body) { return true }
        for number in sessionRuns.indices where sessionRuns[number].anyLocation(of: id, body) { return true }
        for number in runs.indices where runs[number].anyLocation(of: id, body) { return true }
        return false
    }
}

/// A part of the index in memory.
struct MemoryPart {
    var table = PendingTable()
    /// The number of each pack of the table in ``IndexState/packs``.
    var packs: [UInt32] = []

    func anyLocation(of id: ChunkID, _ body: (ChunkLocation) -> Bool) -> Bool {
        table.anyRow(of: id) { chunk in
            let segment = table.segments[Int(chunk.segment)]
            return body(ChunkLocation(chunk, segment, in: packs[Int(segment.pack)], bases: bases(of: segment)))
        }
    }

    func bases(of segment: SegmentRow) -> [ChunkID] {
        Array(table.bases[Int(segment.firstBase)..<Int(segment.firstBase + segment.baseCount)])
    }
}

/// A part of the index in a run.
struct MountedRun {
    let run: IndexRun
    let tables: RunTables
    /// The number of each pack of the run in ``IndexState/packs``.
    let packs: [UInt32]

    init(_ run: IndexRun, packs: [UInt32]) {
        self.run = run
        self.packs = packs
        tables = run.tables
    }

    func anyLocation(of id: ChunkID, _ body: (ChunkLocation) -> Bool) -> Bool {
        defer { withExtendedLifetime(run) {} }
        for chunk in tables.rows(of: id) {
            let segment = tables.segment(Int(chunk.segment))
            let pack = packs[Int(segment.pack)]
            if body(ChunkLocation(chunk, segment, in: pack, bases: tables.bases(of: segment))) { return true }
        }
        return false
    }
}

extension ChunkLocation {
    fileprivate init(_ chunk: ChunkRow, _ segment: SegmentRow, in pack: UInt32, bases: [ChunkID]) {
        self.init(
            pack: pack, segmentOffset: segment.offset, sealedLength: segment.sealedLength,
            rawLength: segment.rawLength, codec: segment.codec, chunkClass: segment.chunkClass, offset: chunk.offset,
            length: chunk.length, bases: bases)
    }
}
