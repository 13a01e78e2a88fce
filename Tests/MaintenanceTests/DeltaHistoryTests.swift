import Backends
import Maintenance
import Packing
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

/// A history of deltas is checked, loses its first snapshot and the packs of that, and stays whole.
struct DeltaHistoryTests {
    @Test func theRestStaysWholeWithoutTheFirst() throws {
        let fixture = try PruneFixture(deltas: .auto)
        var table = EditedTable(rows: 30_000, seed: 1)
        var versions: [(snapshot: Snapshot, bytes: [UInt8])] = []
        for _ in 0..<5 {
            versions.append((try fixture.backUp("db", table.bytes), table.bytes))
            table.change(oneIn: 300)
        }
        try fixture.check()
        #expect(try segments(fixture).contains { $0.codec == .zstdWithPrefix && $0.chunkClass == .data })
        while versions.count > 1 {
            try fixture.forget(versions.removeFirst().snapshot)
            try fixture.prune()
            try fixture.check()
            for version in versions { #expect(try fixture.read("db", of: version.snapshot) == version.bytes) }
        }
    }

    private func holdsDelta(_ record: PackRecord) -> Bool {
        record.directory.segments.contains { $0.codec == .zstdWithPrefix && $0.chunkClass == .data }
    }

    /// Two snapshots of a stream, of which the second is a delta, beside something else in its pack; gives them, and the records of all packs.
    private func makeDelta(
        _ fixture: PruneFixture
    ) throws -> (first: Snapshot, second: Snapshot, other: [UInt8], packs: [PackRecord]) {
        var table = EditedTable(rows: 5000, seed: 2)
        let first = try fixture.backUp("db", table.bytes)
        table.change(oneIn: 200)
        var random = SeededRandom(seed: 3)
        let other = random.bytes(200_000)
        let second = try fixture.test().backUp([
            TestRepository.stream("db", table.bytes), TestRepository.stream("other", other),
        ]).snapshot
        let packs = try fixture.backend.list(.data).map {
            try fixture.test().repository.readPackRecord($0.id, size: $0.size)
        }
        return (first, second, other, packs)
    }

    /// A base that only what is dead needs may go; that what is dead cannot be read then is no damage.
    @Test func aDeadDeltaWithoutItsBaseIsNoDamage() throws {
        let fixture = try PruneFixture(deltas: .auto)
        let made = try makeDelta(fixture)
        let pack = try #require(made.packs.first(where: holdsDelta))
        let third = try fixture.backUp("other", made.other)
        try fixture.forget(made.first, made.second)
        try fixture.prune(maxUnused: .percent(100))
        let index = try fixture.test().repository.loadIndex()
        #expect(index.listing[pack.id] != nil)
        let bases = pack.directory.segments.flatMap(\.bases)
        #expect(!bases.isEmpty && bases.allSatisfy { index.chunks.allLocations(of: $0).isEmpty })
        try fixture.check()
        #expect(try fixture.read("other", of: third) == made.other)
    }

    /// While a prune is at work, what is there is no damage, be its base in a pack that is going.
    @Test func aBaseThatIsGoingIsNoDamage() throws {
        let fixture = try PruneFixture(deltas: .auto)
        let made = try makeDelta(fixture)
        let bases = Set(made.packs.flatMap(\.directory.segments).flatMap(\.bases))
        let holders = made.packs.filter { pack in
            pack.directory.segments.contains { $0.codec.isPlain && $0.chunks.contains { bases.contains($0.id) } }
        }
        #expect(!holders.isEmpty)
        try fixture.put(.condemn(holders.map(\.id).sorted()))
        try fixture.check()
        #expect(try fixture.read("other", of: made.second) == made.other)
    }

    /// A flipped bit in a base is written down as damage of the base's segment: the deltas are right again once it is.
    @Test func aDamagedBaseIsNoDamageOfItsDeltas() throws {
        let fixture = try PruneFixture(deltas: .auto)
        let made = try makeDelta(fixture)
        let bases = Set(made.packs.filter(holdsDelta).flatMap(\.directory.segments).flatMap(\.bases))
        var holders: Set<Digest> = []
        for pack in made.packs {
            var offset = ObjectHeader.byteCount
            for segment in pack.directory.segments {
                if segment.codec.isPlain, segment.chunks.contains(where: { bases.contains($0.id) }) {
                    fixture.backend.flip(ObjectName(.data, pack.id), at: offset + 100)
                    holders.insert(pack.id)
                }
                offset += Int(segment.sealedLength)
            }
        }
        let report = try CheckRun(
            fixture.test().repository, readsData: true, width: 2, cancellation: Cancellation()
        ).run()
        #expect(!holders.isEmpty && report.problems.contains { $0.severity == .damage })
        let recorded = try Set(fixture.test().repository.loadIndex().damaged.map(\.pack))
        #expect(recorded == holders)
        #expect(try fixture.read("other", of: made.second) == made.other)
    }

    // MARK: What is written anew

    private func segments(_ fixture: PruneFixture) throws -> [SegmentEntry] {
        try fixture.backend.list(.data).flatMap {
            try fixture.test().repository.readPackRecord($0.id, size: $0.size).directory.segments
        }
    }

    private func bytes(_ segments: [SegmentEntry]) -> Int {
        segments.reduce(0) { $0 + ($1.chunkClass == .data ? Int($1.sealedLength) : 0) }
    }

    /// Packs of many small backups are put together: their deltas stay deltas, however short.
    @Test func smallPacksArePutTogetherWithoutGrowing() throws {
        let fixture = try PruneFixture(deltas: .auto)
        var table = EditedTable(rows: 4000, seed: 4)
        var last = try fixture.backUp("db", table.bytes)
        for _ in 0..<40 {
            table.change(oneIn: 400)
            last = try fixture.backUp("db", table.bytes)
        }
        let before = try segments(fixture)
        #expect(before.count { $0.codec == .zstdWithPrefix && $0.chunkClass == .data } > 30)
        let report = try fixture.prune()
        #expect(report.deletedPacks >= 32)
        let after = try segments(fixture)
        #expect(bytes(after) * 100 < bytes(before) * 105, "\(bytes(after)) of \(bytes(before))")
        #expect(try fixture.read("db", of: last) == table.bytes)
        try fixture.check()
    }

    /// A delta of which a part is needed takes less room than that part would as plain chunks: it is no reason to write anything anew, and
    /// where its pack is written anew for another reason, it stays whole.
    @Test func aDeltaStaysWholeWhereAPartIsNeeded() throws {
        let fixture = try PruneFixture(deltas: .auto)
        var table = EditedTable(rows: 12_000, seed: 5)
        let first = try fixture.backUp("db", table.bytes)
        table.change(oneIn: 200)
        let second = try fixture.test().backUp([
            TestRepository.stream("db", table.bytes), TestRepository.stream("other", table.bytes.reversed()),
        ]).snapshot
        let deltas = try segments(fixture).filter { $0.codec == .zstdWithPrefix && $0.chunkClass == .data }
        #expect(!deltas.isEmpty)
        table.change(oneIn: 2000)
        let third = try fixture.test().backUp([
            TestRepository.stream("db", table.bytes), TestRepository.stream("other", [1]),
        ]).snapshot
        try fixture.forget(first, second)
        let report = try fixture.prune(maxUnused: .percent(1))
        #expect(report.deletedPacks > 0)
        let after = try segments(fixture)
        #expect(deltas.allSatisfy { delta in after.contains { $0.chunks == delta.chunks && $0.bases == delta.bases } })
        #expect(try fixture.read("db", of: third) == table.bytes)
        let next = try fixture.run(maxUnused: .percent(1)).plan().plan
        #expect(next?.victims.isEmpty == true && next?.remainingUnusedBytes == 0)
        try fixture.check()

        // Who wants nothing left gets that, though it takes more room; the bases go with the second prune.
        try fixture.prune(maxUnused: .bytes(0))
        try fixture.prune(maxUnused: .bytes(0))
        let strict = try segments(fixture)
        #expect(deltas.contains { delta in !strict.contains { $0.chunks == delta.chunks } })
        #expect(try fixture.read("db", of: third) == table.bytes)
        try fixture.expectNothingUnused()
        try fixture.check()
    }
}
