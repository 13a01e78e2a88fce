import FileIO
import Indexing
import Primitives
import SeededData
import TemporaryFolders
import Testing

@Suite("RunCache")
struct RunCacheTests {
    private struct Place {
        let folder: TemporaryFolder
        let temporary: TemporaryFolder
        var cache: RunCache { RunCache(folder: folder.path, temporaryFolder: temporary.path) }

        init() throws {
            folder = try TemporaryFolder()
            temporary = try TemporaryFolder()
        }

        func path(_ name: [UInt8]) -> BytePath { folder.path.appending(name) }
    }

    /// Stores a run of a pack or two that covers `names`; gives its chunks.
    private func store(_ place: Place, covering names: [Digest], _ random: inout SeededRandom) throws -> [ChunkID] {
        var table = IndexTable()
        let ids = (0..<30).map { _ in random.digest() }
        let content = random.pack(of: ids, segments: 3...6)
        table.add(content.pack, content.segments)
        #expect(table.chunkCount == content.segments.reduce(0) { $0 + $1.chunks.count })
        let run = try place.cache.store(table, covering: names)
        #expect(run.covered == names && run.packs == [content.pack] && run.chunkCount == table.chunkCount)
        return content.segments.flatMap(\.chunks).map(\.id)
    }

    private func expectContent(_ runs: [IndexRun], _ ids: [ChunkID], in place: Place) {
        let index = ChunkIndex(folder: place.temporary.path)
        for run in runs { index.mount(run) }
        index.setUsable(damagedSegments: []) { _ in true }
        for id in ids { #expect(!index.allLocations(of: id).isEmpty) }
    }

    @Test("gives back what was stored, to any process and as often as it is asked")
    func roundTrip() throws {
        var random = SeededRandom(seed: 41)
        let place = try Place()
        let names = (0..<4).map { _ in random.digest() }
        let first = try store(place, covering: [names[0], names[1]], &random)
        let second = try store(place, covering: [names[2]], &random)
        for _ in 0..<2 {
            let runs = place.cache.load(among: Set(names))
            #expect(Set(runs.flatMap(\.covered)) == Set(names[..<3]))
            expectContent(runs, first + second, in: place)
        }
        #expect(try place.temporary.names().isEmpty)
        #expect(try place.folder.names().count == 2)
    }

    /// Of runs that cover equally many objects, their names decide which is read first: chance must not.
    @Test("A run is named by the random bytes that are given")
    func names() throws {
        struct Sevens: RandomBytes {
            func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }
        }
        let place = try Place()
        var random = SeededRandom(seed: 3)
        var table = IndexTable()
        let content = random.pack(of: [random.digest()], segments: 1...1)
        table.add(content.pack, content.segments)
        let cache = RunCache(folder: place.folder.path, temporaryFolder: place.temporary.path, random: Sevens())
        _ = try cache.store(table, covering: [random.digest()])
        #expect(try place.folder.names() == [Array((String(repeating: "07", count: 16) + ".run").utf8)])
    }

    @Test("drops runs that cover an object which is gone, or nothing")
    func obsolete() throws {
        var random = SeededRandom(seed: 42)
        let place = try Place()
        let names = (0..<3).map { _ in random.digest() }
        _ = try store(place, covering: [names[0], names[1]], &random)
        _ = try store(place, covering: [], &random)
        let kept = try store(place, covering: [names[2]], &random)
        let runs = place.cache.load(among: [names[0], names[2]])
        #expect(runs.map(\.covered) == [[names[2]]])
        expectContent(runs, kept, in: place)
        #expect(try place.folder.names().count == 1)
    }

    @Test("gives each object once, from the run that covers most")
    func overlaps() throws {
        var random = SeededRandom(seed: 43)
        let place = try Place()
        let names = (0..<4).map { _ in random.digest() }
        _ = try store(place, covering: [names[0]], &random)
        _ = try store(place, covering: [names[0], names[1], names[2]], &random)
        _ = try store(place, covering: [names[2], names[3]], &random)
        #expect(place.cache.load(among: Set(names)).map { Set($0.covered) } == [Set(names[..<3])])
        #expect(try place.folder.names().count == 1)
    }

    @Test("removes damaged runs and leaves what is none alone")
    func foreignFiles() throws {
        var random = SeededRandom(seed: 44)
        let place = try Place()
        let name = random.digest()
        _ = try store(place, covering: [name], &random)
        for (file, bytes) in [("empty.run", []), ("text.run", Array("not a run".utf8)), ("notes.txt", [1, 2, 3])] {
            let file = try OpenFile.open(place.folder.path.appending(file), .writeOnly, .create)
            try file.write(bytes)
        }
        try place.folder.path.appending("folder.run").makeDirectory()
        #expect(place.cache.load(among: [name]).map(\.covered) == [[name]])
        let left = try place.folder.names().map { String(decoding: $0, as: UTF8.self) }
        #expect(left.count == 3 && left.contains("notes.txt") && left.contains("folder.run"))
    }

    @Test("is empty where its folder is missing, and says which folder where it cannot store")
    func missingFolder() throws {
        let place = try Place()
        let cache = RunCache(folder: place.path([0x78]), temporaryFolder: place.path([0x79]))
        #expect(cache.load(among: []).isEmpty)
        let error = #expect(throws: VarveError.self) { try cache.store(IndexTable(), covering: []) }
        #expect(error?.kind == .local && error?.problem.contains(place.path([0x79]).display) == true)
    }

    @Test("merges more than six runs; nothing is lost, and the next loading takes the merged one alone")
    func merging() throws {
        var random = SeededRandom(seed: 45)
        let place = try Place()
        var ids: [ChunkID] = []
        let names = (0..<9).map { _ in random.digest() }
        for (count, name) in names.enumerated() {
            if count == 6 {
                let runs = place.cache.load(among: Set(names))
                #expect(runs.count == 6)
                #expect(try place.cache.merging(runs).map(\.covered) == runs.map(\.covered))
            }
            ids += try store(place, covering: [name], &random)
        }
        let runs = try place.cache.merging(place.cache.load(among: Set(names)))
        #expect(runs.count <= 6)
        #expect(Set(runs.flatMap(\.covered)) == Set(names))
        expectContent(runs, ids, in: place)
        #expect(try place.temporary.names().isEmpty)

        let loaded = place.cache.load(among: Set(names))
        #expect(loaded.count == runs.count)
        expectContent(loaded, ids, in: place)
        #expect(try place.folder.names().count == runs.count)
    }

    @Test("does not merge a run with a damaged chunk, but removes it, so that its content is read anew")
    func mergingDamaged() throws {
        var random = SeededRandom(seed: 46)
        let place = try Place()
        let names = (0..<7).map { _ in random.digest() }
        for name in names { _ = try store(place, covering: [name], &random) }
        let victim = place.path(try place.folder.names()[3])
        let file = try OpenFile.open(victim, .readWrite)
        // The last byte belongs to the last chunk.
        try file.write([0xA5], at: try file.size() - 20)
        let runs = place.cache.load(among: Set(names))
        #expect(runs.count == 7)
        #expect(try place.cache.merging(runs).count == 7)
        #expect((try? FileMetadata.read(victim)) == nil)
        #expect(place.cache.load(among: Set(names)).count == 6)
    }
}
