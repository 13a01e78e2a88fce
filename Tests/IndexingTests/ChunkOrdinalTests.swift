import Indexing
import Primitives
import SeededData
import TemporaryFolders
import Testing

struct ChunkOrdinalTests {
    /// Runs, several copies of a chunk, and packs that are added later, of which some are written to runs of their own.
    @Test(arguments: 1...10)
    func everyChunkHasANumberOfItsOwn(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        let runFolder = try TemporaryFolder()
        let cache = RunCache(folder: runFolder.path, temporaryFolder: folder.path)
        let ids = (0..<60).map { _ in random.digest() } + random.difficultIDs(40)
        var stored: Set<ChunkID> = []
        let index = ChunkIndex(folder: folder.path, pendingLimit: 25)
        for _ in 0..<4 {
            let content = random.pack(of: ids)
            var table = IndexTable()
            table.add(content.pack, content.segments)
            stored.formUnion(content.segments.flatMap { $0.chunks.map(\.id) })
            index.mount(try cache.store(table, covering: [random.digest()]))
        }
        for _ in 0..<5 {
            let content = random.pack(of: ids)
            stored.formUnion(content.segments.flatMap { $0.chunks.map(\.id) })
            try index.add(content.pack, content.segments)
        }
        let ordinals = stored.map { index.ordinal(of: $0) }
        #expect(ordinals.allSatisfy { $0.map((0..<index.ordinalCount).contains) ?? false })
        #expect(Set(ordinals).count == stored.count)
        #expect(stored.map { index.ordinal(of: $0) } == ordinals)
        #expect(ids.filter { !stored.contains($0) }.allSatisfy { index.ordinal(of: $0) == nil })
    }

    @Test func anEmptyIndexHasNone() throws {
        let folder = try TemporaryFolder()
        let index = ChunkIndex(folder: folder.path)
        #expect(index.ordinalCount == 0)
        #expect(index.ordinal(of: Digest(1, 2, 3, 4)) == nil)
    }
}
