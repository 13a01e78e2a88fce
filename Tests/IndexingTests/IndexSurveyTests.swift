import FileIO
import Indexing
import Primitives
import SeededData
import TemporaryFolders
import Testing

@Suite("IndexSurvey")
struct IndexSurveyTests {
    /// An index of runs and of what a session added, with packs that stand in it several times.
    private func makeIndex(
        _ random: inout SeededRandom, _ ids: [ChunkID], in folder: TemporaryFolder
    ) throws -> (ChunkIndex, IndexModel) {
        let cache = RunCache(folder: folder.path, temporaryFolder: folder.path)
        let index = ChunkIndex(folder: folder.path, pendingLimit: 25)
        var model = IndexModel()
        var packs: [PackContent] = []
        func nextPack() -> PackContent {
            let known = Int.random(in: 0..<4, using: &random) == 0 ? packs.randomElement(using: &random) : nil
            let content = known ?? random.pack(of: ids)
            packs.append(content)
            model.add(content)
            return content
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            var table = IndexTable()
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let content = nextPack()
                table.add(content.pack, content.segments)
            }
            index.mount(try cache.store(table, covering: [random.digest()]))
        }
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let content = nextPack()
            try index.add(content.pack, content.segments)
        }
        return (index, model)
    }

    @Test("says the same of every copy, by its number and by its chunk", arguments: 1...20)
    func numbers(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let ids = (0..<40).map { _ in random.digest() } + random.difficultIDs(20)
        let folder = try TemporaryFolder()
        let (index, contents) = try makeIndex(&random, ids, in: folder)
        var model = contents
        model.usablePacks = model.packs.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
        index.setUsable(damagedSegments: []) { model.usablePacks.contains($0.id) }

        let survey = IndexSurvey(index)
        #expect(survey.packs.map(\.id) == index.packs.map(\.id))
        var copies: [ChunkID: [IndexSurvey.Copy]] = [:]
        try survey.forEachCopy { id, copy in copies[id, default: []].append(copy) }
        #expect(copies.values.joined().map(\.number).sorted() == Array(0..<survey.copyCount))
        var together: [ChunkID: Set<IndexSurvey.Copy>] = [:]
        survey.forEachChunk(among: (ids + ids).shuffled(using: &random)) { id, copies in
            #expect(together.updateValue(Set(copies), forKey: id) == nil && Set(copies).count == copies.count)
        }
        #expect(Set(together.keys) == Set(ids))
        for id in ids {
            #expect(together[id] == Set(copies[id] ?? []))
            var found: Set<IndexSurvey.Copy> = []
            survey.forEachCopy(of: id) { found.insert($0) }
            #expect(found == Set(copies[id] ?? []))
            // Each copy of the model stands there once without repetition, and is as usable as the model says.
            let expected = model.copies[id] ?? []
            let firsts = found.filter { !survey.segment($0.segment).isRepeated }
            #expect(firsts.count == expected.count)
            for copy in found {
                let segment = survey.segment(copy.segment)
                let same = expected.filter {
                    $0.pack == survey.packs[Int(segment.pack)].id && $0.segmentOffset == segment.offset
                        && $0.length == copy.length
                }
                #expect(!same.isEmpty)
                for copy in same {
                    #expect(copy.codec == segment.codec && copy.sealedLength == segment.sealedLength)
                    #expect(copy.rawLength == segment.rawLength)
                }
                #expect(same.contains { $0.bases == survey.bases(ofSegment: copy.segment) })
                #expect(survey.isUsable(copy.segment) == same.contains(where: model.usableCopies(of: id).contains))
            }
        }
        withExtendedLifetime(folder) {}
    }

    @Test("does not see what is added later")
    func frozen() throws {
        var random = SeededRandom(seed: 99)
        let ids = (0..<10).map { _ in random.digest() }
        let folder = try TemporaryFolder()
        let index = ChunkIndex(folder: folder.path)
        let first = random.pack(of: ids)
        try index.add(first.pack, first.segments)
        let survey = IndexSurvey(index)
        let count = survey.copyCount
        let second = random.pack(of: ids)
        try index.add(second.pack, second.segments)
        #expect(survey.packs == [first.pack])
        var seen = 0
        try survey.forEachCopy { _, _ in seen += 1 }
        #expect(seen == count && count == first.segments.reduce(0) { $0 + $1.chunks.count })
        #expect(IndexSurvey(index).copyCount > count)
    }
}
