import Backends
import Compressing
import Packing
import Primitives
import Repositories
import SeededData
import TestSupport
import Testing
import Threads

/// Storing chunks against those that stood in their place before.
struct DeltaStoringTests {
    private let backend = MemoryBackend()
    private let test: TestRepository
    /// The first version of some content, as chunks of one segment.
    private let first: [[UInt8]]

    init() throws {
        test = try TestRepository.make(at: backend)
        var random = SeededRandom(seed: 61)
        first = (0..<16).map { _ in random.text(20_000) }
    }

    private func session(
        _ repositories: Repository..., deltas: DeltaPolicy = .auto, compression: CompressionLevel = .default
    ) throws -> WriterSession {
        try WriterSession(
            repositories.isEmpty ? [test.repository] : repositories, command: "test", compression: compression,
            deltas: deltas, width: 2, cancellation: Cancellation())
    }

    private func id(_ bytes: [UInt8]) -> ChunkID {
        bytes.withUnsafeBytes { test.repository.hasher.id(of: $0, as: .data) }
    }

    /// Submits chunks as one segment.
    private func submit(_ chunks: [[UInt8]], to session: WriterSession, bases: [ChunkID] = []) {
        var segment = SegmentBuilder(chunkClass: .data)
        let buffer = Buffer(capacity: chunks.reduce(0) { $0 + $1.count })
        for chunk in chunks where !session.claim([id(chunk)]).isEmpty {
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[segment.count...]).copyBytes(from: chunk)
            segment.append(ChunkEntry(id: id(chunk), length: UInt32(chunk.count)))
        }
        if !segment.isEmpty { session.submit(segment, buffer, bases: bases) { _ in } }
    }

    /// Stores chunks as one segment in a session of their own.
    @discardableResult
    private func store(
        _ chunks: [[UInt8]], bases: [ChunkID] = [], in session: WriterSession? = nil
    ) throws -> StoredFigures {
        let session = try session ?? self.session()
        submit(chunks, to: session, bases: bases)
        try session.finishStoring()
        session.close()
        return session.figures
    }

    /// The next version: some bytes in the middle of each chunk are others.
    private func changed(_ chunks: [[UInt8]], seed: UInt64, bytes: Int = 20) -> [[UInt8]] {
        var random = SeededRandom(seed: seed)
        return chunks.map { chunk in
            var chunk = chunk
            let place = Int.random(in: 0...chunk.count - bytes, using: &random)
            chunk.replaceSubrange(place..<place + bytes, with: random.bytes(bytes))
            return chunk
        }
    }

    /// How each chunk is stored: the codec of its best usable copy.
    private func codecs(_ chunks: [[UInt8]], at test: TestRepository? = nil) throws -> [UInt8?] {
        let index = try (test ?? self.test).repository.loadIndex().chunks
        return chunks.map { index.usableLocation(of: id($0))?.codec }
    }

    private func expect(_ chunks: [[UInt8]], areStoredWith codec: SegmentCodec, at test: TestRepository? = nil) throws {
        #expect(try codecs(chunks, at: test) == chunks.map { _ in codec.rawValue })
        let reader = try (test ?? self.test).reader()
        for chunk in chunks { #expect(try reader.chunk(id(chunk), as: .data) == chunk) }
    }

    private var dataPacks: [ObjectName] {
        get throws { try backend.names(in: .data).filter { try backend.read($0)[10] == ObjectType.dataPack.rawValue } }
    }

    // MARK: What becomes a delta

    @Test func changedChunksAreStoredAsADelta() throws {
        #expect(try store(first).deltaSegments == 0)
        let second = changed(first, seed: 1)
        let session = try session()
        #expect(session.deltas)
        let bases = first.map(id)
        #expect(session.baseStanding(of: bases + [id(second[0])]) == bases.map { _ in .plain } + [.none])
        // Bases may come several times and be unknown.
        let figures = try store(second, bases: bases + [Digest(1, 2, 3, 4), bases[3]], in: session)
        try expect(second, areStoredWith: .zstdWithPrefix)
        #expect(try test.repository.loadIndex().chunks.usableLocation(of: id(second[5]))?.bases == bases)
        #expect(figures.deltaSegments == 1 && figures.deltaRawBytes == 320_000)
        #expect(figures.deltaStoredBytes > 16 * 20 && figures.deltaStoredBytes < 2_000)
        #expect((80_000..<200_000).contains(figures.savedBytes))
        let next = try self.session()
        #expect(next.baseStanding(of: second.map(id)) == second.map { _ in .delta })
        next.abandon()
        #expect(test.warnings.withLock { $0.isEmpty })
    }

    /// Bases stay plain: in the place of a delta those of its bases serve that lie about where it does.
    @Test func aDeltaNeverServesAsABase() throws {
        try store(first)
        var versions = [first]
        for seed: UInt64 in 1...3 {
            versions.append(changed(versions[versions.count - 1], seed: seed))
            try store(versions[versions.count - 1], bases: versions[versions.count - 2].map(id))
        }
        for version in versions.dropFirst() { try expect(version, areStoredWith: .zstdWithPrefix) }
        // Part of the last version, in another order and mixed with chunks that are plain.
        let some = [versions[3][9], versions[3][2], first[5]]
        let other = changed(some, seed: 9)
        try store(other, bases: some.map(id))
        try expect(other, areStoredWith: .zstdWithPrefix)
        let bases = try #require(try test.repository.loadIndex().chunks.usableLocation(of: id(other[0]))).bases
        #expect(Set(bases).isSuperset(of: [first[9], first[2], first[5]].map(id)))
        #expect(Set(bases).isSubset(of: first.map(id)))
    }

    /// Each version changes something more, and is given the version before: what a version takes does not creep up.
    @Test func driftEndsWithANewPlainCopy() throws {
        try store(first)
        var version = first
        var deltas: [UInt64] = []
        for day in 1...60 {
            let next = changed(version, seed: UInt64(100 + day), bytes: 60)
            deltas.append(try store(next, bases: version.map(id)).deltaStoredBytes)
            let codec: SegmentCodec = deltas[day - 1] > 0 ? .zstdWithPrefix : .zstd
            #expect(try codecs(next) == next.map { _ in codec.rawValue })
            version = next
        }
        // A copy takes about 140,000 bytes and a day's change 1,200, so that a new copy is due after 15 days.
        #expect((3...6).contains(deltas.count { $0 == 0 }))
        #expect(try #require(deltas.max()) < 25_000)
        let reader = try test.reader()
        for chunk in version { #expect(try reader.chunk(id(chunk), as: .data) == chunk) }
    }

    @Test(arguments: [ChunkClass.list, .tree]) func nodesAreStoredAgainstNodes(chunkClass: ChunkClass) throws {
        var random = SeededRandom(seed: 62)
        let nodes = (0..<8).map { _ in random.bytes(30_000) }
        let session = try session()
        let bases = try nodes.map { try session.storeNode($0, as: chunkClass) }
        try session.finishStoring()
        session.close()
        let other = changed(nodes, seed: 3)
        let next = try self.session()
        // One of another class is no base.
        let ids = try zip(other, bases).map { try next.storeNode($0, as: chunkClass, bases: [$1, id(first[0])]) }
        try next.finishStoring()
        next.close()
        #expect(next.figures.deltaSegments == 1 && next.figures.deltaStoredBytes < 2_000)
        let reader = try test.reader()
        for (node, id) in zip(other, ids) { #expect(try reader.chunk(id, as: chunkClass) == node) }
    }

    /// The same chunks against the same bases are the same stored bytes, whoever stores them.
    @Test func storedBytesFollowFromChunksAndBases() throws {
        try store(first)
        let second = changed(first, seed: 1)
        var stored: [[UInt8]] = []
        for _ in 0..<2 {
            let copy = try TestRepository.open(backend.copy())
            try store(second, bases: first.map(id), in: session(copy.repository))
            let index = try copy.repository.loadIndex().chunks
            let location = try #require(index.usableLocation(of: id(second[0])))
            let pack = index.pack(location.pack)
            let record = try copy.repository.readPackRecord(pack.id, size: pack.size)
            let segment = try #require(record.directory.segments.first)
            let bytes = try copy.reader().storedBytes(of: segment, at: location.segmentOffset, in: record)
            stored.append(Array(bytes.prefix(bytes.capacity)))
        }
        #expect(stored[0] == stored[1] && !stored[0].isEmpty)
    }

    // MARK: What does not

    @Test func whatGainsTooLittleIsStoredPlainly() throws {
        try store(first)
        var random = SeededRandom(seed: 63)
        let other = (0..<16).map { _ in random.text(20_000) }
        #expect(try store(other, bases: first.map(id)).deltaSegments == 0)
        try expect(other, areStoredWith: .zstd)
        let noise = [random.bytes(50_000)]
        #expect(try store(noise, bases: first.map(id)).deltaSegments == 0)
        try expect(noise, areStoredWith: .stored)
    }

    /// What the session has not made durable yet might never be.
    @Test func aChunkThatIsPendingIsNoBase() throws {
        let session = try session()
        submit(first, to: session)
        let second = changed(first, seed: 1)
        #expect(session.baseStanding(of: first.map(id)) == first.map { _ in .none })
        try store(second, bases: first.map(id), in: session)
        try expect(second, areStoredWith: .zstd)
    }

    @Test func policies() throws {
        let distant = try TestRepository.open(DistantBackend(backend))
        try store(first)
        var seed: UInt64 = 1
        for (repository, policy, compression, expected) in [
            (test.repository, DeltaPolicy.auto, CompressionLevel.default, true),
            (test.repository, .off, .default, false), (test.repository, .always, .fastest, true),
            (test.repository, .always, .max, true), (test.repository, .always, .off, false),
            (distant.repository, .auto, .default, false), (distant.repository, .always, .default, true),
        ] {
            let next = changed(first, seed: seed)
            seed += 1
            let session = try session(repository, deltas: policy, compression: compression)
            #expect(session.deltas == expected)
            let figures = try store(next, bases: first.map(id), in: session)
            #expect(figures.deltaSegments == (expected ? 1 : 0))
            let reader = try test.reader()
            for chunk in next { #expect(try reader.chunk(id(chunk), as: .data) == chunk) }
        }
    }

    // MARK: Bases that fail

    @Test(arguments: [true, false]) func aBaseThatCannotBeReadIsNamedOnce(isMissing: Bool) throws {
        try store(first)
        let second = changed(first, seed: 1)
        let third = changed(first, seed: 2)
        let session = try session()
        let pack = try #require(try dataPacks.first)
        backend.tamper(with: pack) { bytes in isMissing ? nil : bytes.map { $0 ^ 1 } }
        submit(third, to: session, bases: first.map(id))
        let figures = try store(second, bases: first.map(id), in: session)
        #expect(figures.deltaSegments == 0)
        try expect(second, areStoredWith: .zstd)
        try expect(third, areStoredWith: .zstd)
        let warnings = test.warnings.withLock { $0.filter { $0.contains("stored whole") } }
        #expect(warnings.count == 1 && warnings[0].contains("\(pack)"))
    }

    @Test func aBaseWithADamageRecordIsNone() throws {
        try store(first)
        let pack = try #require(try dataPacks.first)
        _ = try test.repository.writeObject(
            IndexRecord.damage([.init(pack: pack.id, segment: nil)]).encoded(
                at: test.repository.configuration.location), type: .damageRecord, in: .index, session: .zero)
        let second = changed(first, seed: 1)
        let session = try session()
        #expect(session.baseStanding(of: first.map(id)) == first.map { _ in .none })
        try store(second, bases: first.map(id), in: session)
        try expect(second, areStoredWith: .zstd)
    }

    // MARK: Several places

    @Test func basesMustBePlainAtEveryPlace() throws {
        let other = try test.repository.createTier(
            at: MemoryBackend(), label: "other", password: TestRepository.password)
        let there = try TestRepository.open(other.backend)
        try store(first, in: session(test.repository, there.repository))
        let second = changed(first, seed: 1)
        try store(second, bases: first.map(id), in: session(test.repository, there.repository))
        try expect(second, areStoredWith: .zstdWithPrefix)
        try expect(second, areStoredWith: .zstdWithPrefix, at: there)
        // Here both the second version and the third are deltas; there the third cannot be one.
        var random = SeededRandom(seed: 64)
        let here = (0..<16).map { _ in random.text(20_000) }
        try store(here)
        let session = try session(test.repository, there.repository)
        #expect(session.baseStanding(of: [id(here[0]), id(first[0]), id(second[0])]) == [.none, .plain, .delta])
        let next = changed(here, seed: 2)
        try store(next, bases: here.map(id), in: session)
        try expect(next, areStoredWith: .zstd)
        try expect(next, areStoredWith: .zstd, at: there)
    }

    /// The place that bases are read from goes away: the next one serves.
    @Test func basesAreReadFromThePlaceThatIsLeft() throws {
        let other = try test.repository.createTier(
            at: MemoryBackend(), label: "other", password: TestRepository.password)
        try store(first, in: session(test.repository, other))
        let session = try session(test.repository, other)
        session.tiers[0].fail(VarveError(.storage, "gone"))
        let second = changed(first, seed: 1)
        try store(second, bases: first.map(id), in: session)
        try expect(second, areStoredWith: .zstdWithPrefix, at: TestRepository.open(other.backend))
    }

    // MARK: Sessions that end early

    @Test func whatAnAbandonedSessionStoredServesTheNext() throws {
        try store(first)
        let second = changed(first, seed: 1)
        let session = try session()
        submit(second, to: session, bases: first.map(id))
        session.abandon()
        try expect(second, areStoredWith: .zstdWithPrefix)
        let next = try self.session()
        #expect(next.areKnown(second.map(id)))
        next.abandon()
    }

    /// A pack of deltas that no index object names is adopted; its chunks count where their bases do.
    @Test(arguments: [true, false]) func packsOfAKilledSession(basesRemain: Bool) throws {
        try store(first)
        let packs = try dataPacks
        let indexed = try backend.names(in: .index)
        let second = changed(first, seed: 1)
        try store(second, bases: first.map(id))
        for name in try backend.names(in: .index) where !indexed.contains(name) { backend.delete(name) }
        if !basesRemain { for pack in packs { backend.delete(pack) } }
        let session = try session()
        #expect(session.areKnown(second.map(id)) == basesRemain)
        #expect(session.baseStanding(of: [id(second[0])]) == [basesRemain ? .delta : .none])
        try store(second, bases: first.map(id), in: session)
        try expect(second, areStoredWith: basesRemain ? .zstdWithPrefix : .zstd)
    }
}
