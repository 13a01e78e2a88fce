import FileIO
import Primitives
import SeededData
import TemporaryFolders
import Testing

@testable import Indexing

@Suite("Runs")
struct IndexRunTests {
    @Test("buckets go up in the order of the table, and cover it")
    func buckets() {
        var random = SeededRandom(seed: 61)
        for count in [1, 2, 3, 62_500] {
            let ids = (random.difficultIDs(500) + [Digest(0, 0, 0, 0), Digest(.max, .max, .max, .max)])
                .sorted { ChunkRow.comesBefore($0, $1) }
            let buckets = ids.map { ChunkRow.bucket(of: $0, among: count) }
            #expect(buckets == buckets.sorted())
            #expect(buckets.first == 0 && buckets.last == count - 1)
        }
    }

    @Test("the order of the table is total: of two IDs that differ in any word, one comes first")
    func order() {
        let model = Digest(5, 5, 5, 5)
        for other in [Digest(4, 5, 5, 5), Digest(5, 4, 5, 5), Digest(5, 5, 4, 5), Digest(5, 5, 5, 4)] {
            #expect(ChunkRow.comesBefore(other, model) && !ChunkRow.comesBefore(model, other))
        }
        #expect(!ChunkRow.comesBefore(model, model))
    }

    @Test("hold any number of chunks", arguments: [0, 1, 15, 16, 17, 33, 6000])
    func sizes(count: Int) throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 62)
        let ids = (0..<count).map { _ in random.digest() }
        var table = PendingTable()
        table.add(
            IndexedPack(random.digest()),
            [
                IndexedSegment(
                    offset: 128, sealedLength: 1000, rawLength: UInt32(count), codec: 0, chunkClass: 1, bases: [],
                    chunks: ids.map { ($0, 1) })
            ])
        let run = try #require(IndexRun(try MappedFile(try table.write(to: folder.path, covering: []).file)))
        #expect(run.chunkCount == count && run.isWhole)
        for (number, id) in ids.enumerated() {
            #expect(Array(run.tables.rows(of: id)).map(\.offset) == [UInt32(number)])
        }
        for id in random.difficultIDs(100) { #expect(Array(run.tables.rows(of: id)).isEmpty) }
    }

    @Test("merged are the same as one run of everything")
    func mergedEqualsWhole() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 63)
        let ids = random.difficultIDs(80)
        var whole = PendingTable()
        var parts: [IndexRun] = []
        for part in 0..<5 {
            var table = PendingTable()
            for _ in 0..<part {
                let content = random.pack(of: ids)
                whole.add(content.pack, content.segments)
                table.add(content.pack, content.segments)
            }
            let file = try table.write(to: folder.path, covering: [random.digest()])
            parts.append(try #require(IndexRun(try MappedFile(file.file))))
        }
        let covered = parts.flatMap(\.covered)
        let merged = try #require(IndexRun(try MappedFile(try IndexRun.merge(parts, to: folder.path).file)))
        let single = try #require(IndexRun(try MappedFile(try whole.write(to: folder.path, covering: covered).file)))
        #expect(merged.isWhole)
        #expect(Set(merged.covered) == Set(covered))
        #expect(merged.packs == single.packs)
        #expect(merged.tables.layout == single.tables.layout)
        let tables = single.tables.layout
        // The order of rows of the same chunk, and of covered names, is free; segments and bases come in order.
        #expect(
            merged.tables.bytes[tables.packsStart..<tables.bucketsStart]
                .elementsEqual(single.tables.bytes[tables.packsStart..<tables.bucketsStart]))
        for id in ids {
            func rows(_ run: IndexRun) -> [[UInt32]] {
                Array(run.tables.rows(of: id)).map { [$0.segment, $0.offset, $0.length] }
                    .sorted { $0.lexicographicallyPrecedes($1) }
            }
            #expect(rows(merged) == rows(single))
        }
        withExtendedLifetime((merged, single)) {}
    }
}
