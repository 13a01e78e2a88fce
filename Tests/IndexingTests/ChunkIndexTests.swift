import FileIO
import Indexing
import Primitives
import SeededData
import TemporaryFolders
import Testing
import Threads

@Suite("ChunkIndex", .timeLimit(.minutes(60)))
struct ChunkIndexTests {
    /// Compares every answer about `ids` with the model's.
    private func compare(_ index: ChunkIndex, _ model: IndexModel, _ ids: [ChunkID]) {
        for id in ids {
            let all = index.allLocations(of: id)
            #expect(Set(all.map { IndexModel.Copy($0, in: index) }) == model.copies[id] ?? [])
            #expect(Set(all).count == all.count)
            let usable = index.usableLocation(of: id).map { IndexModel.Copy($0, in: index) }
            let usableCopies = model.usableCopies(of: id)
            #expect(usable.map(usableCopies.contains) ?? usableCopies.isEmpty)
            let plain = index.usablePlainLocation(of: id).map { IndexModel.Copy($0, in: index) }
            let plainCopies = model.plainCopies(of: id)
            #expect(plain.map(plainCopies.contains) ?? plainCopies.isEmpty)
            #expect(index.isKnown(id) == model.isKnown(id))
        }
        #expect(Set(index.packs.map(\.id)) == model.packs)
        for pack in index.packs { #expect(pack == IndexedPack(pack.id) && index.contains(pack: pack.id)) }
    }

    @Test(
        "answers as a dictionary would: runs, merges, copies, unusable packs, damage, deltas, a session",
        arguments: 1...12)
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        let runFolder = try TemporaryFolder()
        let cache = RunCache(folder: runFolder.path, temporaryFolder: folder.path)
        let ids = (0..<60).map { _ in random.digest() } + random.difficultIDs(40)
        let unknown = (0..<20).map { _ in random.digest() } + random.difficultIDs(20)
        var model = IndexModel()

        // What earlier sessions left: index objects in runs, and some packs in several of them.
        var packs: [PackContent] = []
        var runs: [IndexRun] = []
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            var table = IndexTable()
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let isRepeated = Int.random(in: 0..<5, using: &random) == 0
                let content = isRepeated ? packs.randomElement(using: &random) : nil
                packs.append(content ?? random.pack(of: Array(ids[..<70])))
                table.add(packs[packs.count - 1].pack, packs[packs.count - 1].segments)
                model.add(packs[packs.count - 1])
            }
            runs.append(try cache.store(table, covering: [random.digest()]))
        }
        runs = try cache.merging(runs)
        #expect(runs.count <= 6)
        let index = ChunkIndex(folder: folder.path, pendingLimit: 25)
        for run in runs { index.mount(run) }
        compare(index, model, ids + unknown)
        #expect(ids.allSatisfy { !index.isKnown($0) })

        model.usablePacks = model.packs.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
        var damage = [(pack: random.digest(), offset: UInt32(128))]
        for content in packs where Int.random(in: 0..<3, using: &random) == 0 {
            let offset = content.segments[Int.random(in: content.segments.indices, using: &random)].offset
            damage.append((content.pack.id, offset))
            model.damagedSegments.insert(IndexModel.damage(content.pack.id, offset))
        }
        index.setUsable(damagedSegments: damage) { pack in
            #expect(pack == IndexedPack(pack.id))
            return model.usablePacks.contains(pack.id)
        }
        compare(index, model, ids + unknown)

        // The session: it claims, and adds what it claimed and more.
        for _ in 0..<60 {
            let wanted = (0..<10).map { _ in ids.randomElement(using: &random) ?? ids[0] } + [random.digest()]
            #expect(index.areKnown(wanted) == wanted.allSatisfy(model.isKnown))
            #expect(index.claim(wanted) == model.claim(wanted))
            let content = random.pack(of: ids)
            try index.add(content.pack, content.segments)
            model.add(content)
            model.usablePacks.insert(content.pack.id)
            for chunk in content.segments.flatMap(\.chunks) { model.claimed.remove(chunk.id) }
            compare(index, model, [wanted[0], wanted[1], content.segments[0].chunks[0].id, unknown[0]])
        }
        compare(index, model, ids + unknown)
        // What the session wrote has no name.
        #expect(try folder.names().isEmpty)
    }

    @Test("a delta is usable as long as each of its bases has a usable copy that is none")
    func deltas() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 31)
        let (base, delta) = (random.digest(), random.digest())
        func pack(_ id: ChunkID, codec: UInt8, bases: [ChunkID] = []) -> PackContent {
            PackContent(
                pack: IndexedPack(random.digest()),
                segments: [
                    IndexedSegment(
                        offset: 128, sealedLength: 100, rawLength: 50, codec: codec, chunkClass: 1, bases: bases,
                        chunks: [(id, 50)])
                ])
        }
        let packs = [
            pack(base, codec: 1), pack(delta, codec: 2, bases: [base]), pack(base, codec: 2, bases: [delta]),
            pack(delta, codec: 2, bases: [random.digest()]), pack(delta, codec: 2, bases: [base, delta]),
        ]
        let index = ChunkIndex(folder: folder.path)
        for content in packs { try index.add(content.pack, content.segments) }
        func use(_ numbers: Set<Int>, damaged: [Int] = []) {
            let usable = Set(numbers.map { packs[$0].pack.id })
            index.setUsable(damagedSegments: damaged.map { (packs[$0].pack.id, 128) }) { usable.contains($0.id) }
        }
        use([0, 1])
        #expect(index.isKnown(base) && index.isKnown(delta))
        #expect(index.usableLocation(of: delta)?.bases == [base])
        #expect(index.usablePlainLocation(of: delta) == nil)
        use([1])
        #expect(!index.isKnown(base) && !index.isKnown(delta))
        use([0, 1], damaged: [0])
        #expect(!index.isKnown(base) && !index.isKnown(delta))
        use([0, 1], damaged: [1])
        #expect(index.isKnown(base) && !index.isKnown(delta))
        // The only copy of the base is a delta itself: the depth is one.
        use([1, 2])
        #expect(!index.isKnown(base) && !index.isKnown(delta))
        // A base that nobody has, and a second base that is a delta.
        use([0, 3, 4])
        #expect(index.isKnown(base) && !index.isKnown(delta))
        #expect(index.allLocations(of: delta).count == 3)
    }

    @Test("claims each chunk once, whoever asks, while packs come in and are written to runs")
    func concurrentClaims() throws {
        let folder = try TemporaryFolder()
        let index = ChunkIndex(folder: folder.path, pendingLimit: 100)
        var random = SeededRandom(seed: 32)
        let ids = (0..<4000).map { _ in random.digest() }
        let claims = Locked<[ChunkID: Int]>([:])
        let threads = (0..<3).map { thread in
            WorkerThread(name: "claim") {
                for start in stride(from: 0, to: ids.count, by: 40) {
                    // Each thread asks for all, from another place on.
                    let wanted = (0..<40).map { ids[(start + $0 + thread * 1000) % ids.count] }
                    let new = index.claim(wanted).map { wanted[$0] }
                    claims.withLock { claims in for id in new { claims[id, default: 0] += 1 } }
                    if new.isEmpty { continue }
                    let segment = IndexedSegment(
                        offset: 128, sealedLength: 100, rawLength: 1, codec: 0, chunkClass: 1, bases: [],
                        chunks: new.map { ($0, 1) })
                    do {
                        try index.add(IndexedPack(Digest(new[0].w0, 0, 0, UInt64(thread))), [segment])
                    } catch {
                        Issue.record(error)
                    }
                    #expect(index.areKnown(wanted))
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(claims.withLock { $0.count } == ids.count)
        #expect(claims.withLock { $0.values.allSatisfy { $0 == 1 } })
        for id in ids { #expect(index.allLocations(of: id).count == 1) }
    }

    @Test("keeps what it cannot write to a run, says so, and writes it when it can")
    func failedSpill() throws {
        let folder = try TemporaryFolder()
        let runs = folder.path.appending("runs")
        let index = ChunkIndex(folder: runs, pendingLimit: 10)
        var random = SeededRandom(seed: 33)
        let ids = (0..<40).map { _ in random.digest() }
        var failures = 0
        for (number, id) in ids.enumerated() {
            if number == 25 { try runs.makeDirectory() }
            let segment = IndexedSegment(
                offset: 128, sealedLength: 100, rawLength: 1, codec: 1, chunkClass: 1, bases: [], chunks: [(id, 1)])
            do throws(VarveError) {
                try index.add(IndexedPack(random.digest()), [segment])
            } catch {
                #expect(error.kind == .local && error.problem.contains(runs.display))
                #expect(number >= 9 && number < 25)
                failures += 1
            }
            #expect(index.areKnown(ids[...number]))
        }
        #expect(failures > 0)
        #expect(index.packs.count == ids.count)
    }

    @Test("takes lengths that no segment has without a trap")
    func hostileLengths() throws {
        let folder = try TemporaryFolder()
        let index = ChunkIndex(folder: folder.path, pendingLimit: 1)
        let id = Digest(1, 2, 3, 4)
        let segment = IndexedSegment(
            offset: .max, sealedLength: .max, rawLength: .max, codec: 255, chunkClass: 255, bases: [],
            chunks: [(id, .max), (id, .max), (id, 1)])
        try index.add(IndexedPack(Digest(0, 0, 0, 0)), [segment])
        #expect(index.allLocations(of: id).map(\.length) == [.max, .max, 1])
    }
}
