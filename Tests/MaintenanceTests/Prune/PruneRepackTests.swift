import Backends
import Compressing
import Maintenance
import Packing
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing

/// What becomes of the segments of packs that are written anew.
struct PruneRepackTests {
    /// The packs that stand in the repository, by what their tails say.
    private func packs(_ fixture: PruneFixture) throws -> [PackRecord] {
        let repository = try fixture.test().repository
        return try fixture.backend.list(.data).map { try repository.readPackRecord($0.id, size: $0.size) }
    }

    @Test func whatIsWrittenAnewIsSealedUnderTheNewestKey() throws {
        let fixture = try PruneFixture(isEncrypted: true)
        let first = try fixture.backUp("db", Parts.of(0, 1, 2))
        let second = try fixture.backUp("db", Parts.of(1, 3))
        let before = try packs(fixture)
        #expect(Set(before.map(\.header.keyEpoch)) == [1])
        _ = try fixture.test().repository.rotateMasterKey()
        try fixture.forget(first)
        let report = try fixture.prune()
        #expect(report.writtenPacks > 0)
        // What was left alone keeps its key, and is read with it.
        let old = Set(before.map(\.id))
        let after = try packs(fixture)
        #expect(after.contains { old.contains($0.id) } && after.contains { !old.contains($0.id) })
        for pack in after { #expect(pack.header.keyEpoch == (old.contains(pack.id) ? 1 : 2)) }
        #expect(try fixture.read("db", of: second) == Parts.of(1, 3))
        try fixture.check()
    }

    /// A segment of which all is needed is not compressed again: else it would come out smaller or larger here.
    @Test(arguments: [CompressionLevel.max, .fastest, .off]) func wholeSegmentsAreCopiedAsTheyAre(
        level: CompressionLevel
    ) throws {
        let fixture = try PruneFixture()
        var random = SeededRandom(seed: 12)
        let (kept, gone) = (random.text(5_000_000), random.bytes(600_000))
        func backUp(_ streams: [(name: String, bytes: [UInt8])]) throws -> Snapshot {
            let requests = try streams.map { try TestRepository.stream($0.name, $0.bytes) }
            return try fixture.test().backUp(requests) { $0.compression = level }.snapshot
        }
        let first = try backUp([("gone", gone), ("kept", kept)])
        let second = try backUp([("kept", kept)])
        let before = try segments(fixture)
        let packsBefore = Set(try packs(fixture).map(\.id))
        try fixture.forget(first)
        try fixture.prune()
        let whole = try segments(fixture).filter { !packsBefore.contains($0.value.pack) && before[$0.key] != nil }
            .filter { $0.value.rawLength > PackLimits.segmentTarget / 8 }
        #expect(!whole.isEmpty)
        for (chunks, segment) in whole { #expect(segment.bytes == before[chunks]?.bytes) }
        #expect(try fixture.read("kept", of: second) == kept)
        try fixture.check()
    }

    private struct Stored {
        let pack: Digest
        let rawLength: Int
        let bytes: [UInt8]
    }

    /// The stored bytes of each segment, opened and not decompressed, by its chunks.
    private func segments(_ fixture: PruneFixture) throws -> [[ChunkID]: Stored] {
        let repository = try fixture.test().repository
        let reader = SegmentReader(repository: repository, index: try repository.loadIndex().chunks)
        var found: [[ChunkID]: Stored] = [:]
        for pack in try packs(fixture) {
            var offset = UInt32(ObjectHeader.byteCount)
            for segment in pack.directory.segments {
                let stored = try reader.storedBytes(of: segment, at: offset, in: pack)
                found[segment.chunks.map(\.id)] = Stored(
                    pack: pack.id, rawLength: Int(segment.rawLength), bytes: Array(stored.prefix(stored.capacity)))
                offset += segment.sealedLength
            }
        }
        return found
    }
}
