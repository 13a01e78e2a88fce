import Packing
import Primitives
import Repositories
import Snapshots
import TestSupport
import Testing

/// A history of deltas is checked, loses its first snapshot and the packs of that, and stays whole.
struct DeltaHistoryTests {
    @Test func theRestStaysWholeWithoutTheFirst() throws {
        let fixture = try PruneFixture()
        var table = EditedTable(rows: 30_000, seed: 1)
        var versions: [(snapshot: Snapshot, bytes: [UInt8])] = []
        for _ in 0..<5 {
            versions.append((try fixture.backUp("db", table.bytes), table.bytes))
            table.change(oneIn: 300)
        }
        try fixture.check()
        let packs = try fixture.backend.list(.data)
        let segments = try packs.flatMap {
            try fixture.test().repository.readPackRecord($0.id, size: $0.size).directory.segments
        }
        #expect(segments.contains { $0.codec == .zstdWithPrefix && $0.chunkClass == .data })
        while versions.count > 1 {
            try fixture.forget(versions.removeFirst().snapshot)
            try fixture.prune()
            try fixture.check()
            for version in versions { #expect(try fixture.read("db", of: version.snapshot) == version.bytes) }
        }
    }
}
