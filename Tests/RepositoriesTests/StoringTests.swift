import Backends
import Compressing
import FileIO
import Packing
import Primitives
import Repositories
import SeededData
import TestSupport
import Testing
import Threads

/// Giving chunks to a session, and what becomes of them.
struct StoringTests {
    private func session(_ test: TestRepository, width: Int = 2) throws -> WriterSession {
        try WriterSession(
            test.repository, command: "test", compression: .default, width: width, cancellation: Cancellation())
    }

    /// Submits a segment of one chunk.
    private func submit(_ bytes: [UInt8], to session: WriterSession) -> ChunkID {
        let id = bytes.withUnsafeBytes { session.repository.hasher.id(of: $0, as: .data) }
        guard !session.index.chunks.claim([id]).isEmpty else { return id }
        let buffer = Buffer(capacity: bytes.count)
        buffer.bytes.copyBytes(from: bytes)
        var segment = SegmentBuilder(chunkClass: .data)
        segment.append(ChunkEntry(id: id, length: UInt32(bytes.count)))
        session.submit(segment, buffer) { _ in }
        return id
    }

    /// Several workers, and a storage that fails at every possible moment: there is always an end, and it is an error.
    @Test(.timeLimit(.minutes(60)), arguments: 1...4)
    func aStorageThatFailsEndsEverybodysWork(width: Int) throws {
        var random = SeededRandom(seed: 7)
        let noise = random.bytes(1 << 20)
        for number in 0..<8 {
            let faulty = FaultyBackend(MemoryBackend())
            let test = try TestRepository.make(at: faulty)
            let session = try session(test, width: width)
            let puts = Locked(0)
            faulty.setRule { operation, _ in
                guard operation == .put(.data) else { return .none }
                return puts.withLock { puts in
                    puts += 1
                    return puts > number ? .fail : .none
                }
            }
            for part in 0..<16 {
                var bytes = noise
                withUnsafeBytes(of: (number, part)) { bytes.replaceSubrange(0..<$0.count, with: $0) }
                _ = submit(bytes, to: session)
            }
            #expect(failure { try session.finishStoring() }?.kind == .storage)
            session.abandon()
            faulty.setRule { _, _ in .none }
            #expect(try faulty.list(.locks).isEmpty)
        }
    }

    /// What one session stored is read back by another, of every size that a segment can have.
    @Test(arguments: [true, false]) func segmentsOfEverySize(isEncrypted: Bool) throws {
        let test = try TestRepository.make(isEncrypted: isEncrypted)
        let session = try session(test)
        var random = SeededRandom(seed: 8)
        var stored: [ChunkID: [UInt8]] = [:]
        for count in [1, 2, 100, 65_536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000] {
            stored[submit(random.bytes(count), to: session)] = []
            let text = [UInt8](repeating: UInt8(truncatingIfNeeded: count), count: count)
            stored[submit(text, to: session)] = text
        }
        random = SeededRandom(seed: 8)
        for count in [1, 2, 100, 65_536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000] {
            let bytes = random.bytes(count)
            stored[bytes.withUnsafeBytes { test.repository.hasher.id(of: $0, as: .data) }] = bytes
        }
        try session.finishStoring()
        session.close()
        let reader = try test.reader()
        for (id, bytes) in stored { #expect(try reader.chunk(id, as: .data) == bytes, "\(bytes.count)") }
    }

    /// Copies that a verification makes may be of any class and as large as chunks can be.
    @Test func copiesOfAnySize() throws {
        let test = try TestRepository.make()
        let session = try session(test)
        var stored: [(ChunkID, ChunkClass, [UInt8])] = []
        for chunkClass in ChunkClass.allCases {
            for count in [1, 1_000_000, 8 << 20, (8 << 20) + 1, 16 << 20] {
                let bytes = [UInt8](repeating: chunkClass.rawValue, count: count)
                let id = bytes.withUnsafeBytes { test.repository.hasher.id(of: $0, as: chunkClass) }
                #expect(session.index.chunks.claim([id]) == [0])
                try session.storeCopy(bytes, id, as: chunkClass)
                stored.append((id, chunkClass, bytes))
            }
        }
        try session.finishStoring()
        session.close()
        let reader = try test.reader()
        for (id, chunkClass, bytes) in stored {
            #expect(try reader.chunk(id, as: chunkClass) == bytes, "\(chunkClass) of \(bytes.count)")
        }
    }

    @Test func nodesAreStoredOnce() throws {
        let test = try TestRepository.make()
        let session = try session(test)
        let node = [UInt8](repeating: 7, count: 1000)
        let id = try session.storeNode(node, as: .list)
        #expect(try session.storeNode(node, as: .list) == id)
        #expect(try session.storeNode(node, as: .tree) != id)
        try session.finishStoring()
        session.close()
        #expect(session.figures.packs == 1)
        let next = try self.session(test)
        #expect(try next.storeNode(node, as: .list) == id)
        try next.finishStoring()
        next.close()
        #expect(next.figures.packs == 0 && next.figures.storedBytes == 0)
    }

    /// Packs that stand in no index object are adopted, but for condemned ones, and count as absent where a record says so.
    @Test func adoptedPacksAreAsUsableAsTheRecordsSay() throws {
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend)
        let first = try session(test)
        var random = SeededRandom(seed: 10)
        let ids = (0..<4).map { _ in submit(random.bytes(1_100_000), to: first) }
        try first.finishStoring()
        first.close()
        let index = try test.repository.loadIndex()
        let packs = ids.compactMap { index.chunks.usableLocation(of: $0).map { index.chunks.pack($0.pack).id } }
        #expect(Set(packs).count == 4)
        for name in try backend.names(in: .index) { backend.delete(name) }
        let location = test.repository.configuration.location
        for record in [
            IndexRecord.damage([.init(pack: packs[0], segment: nil)]), .damage([.init(pack: packs[1], segment: 128)]),
            .condemn([packs[2]]),
        ] {
            _ = try test.repository.writeObject(
                record.encoded(at: location), type: record.type, in: .index, session: .zero)
        }
        let reader = try test.repository.loadIndex(readsUnindexedPacks: true).chunks
        #expect(ids.map { reader.usableLocation(of: $0) != nil } == [false, false, false, true])
        let writer = try session(test)
        #expect(ids.map { writer.index.chunks.usableLocation(of: $0) != nil } == [false, false, false, true])
        writer.abandon()
        let after = try test.repository.loadIndex()
        #expect(after.unindexedPacks.isEmpty)
        #expect(packs.map { after.chunks.contains(pack: $0) } == [true, true, false, true])
        #expect(ids.map { after.chunks.usableLocation(of: $0) != nil } == [false, false, false, true])
    }

    @Test func packsThatCannotBeAdoptedAreNamed() throws {
        let backend = MemoryBackend()
        let test = try TestRepository.make(at: backend)
        let torn = ObjectName(.data, Digest(5, 5, 5, 5))
        let short = ObjectName(.data, Digest(6, 6, 6, 6))
        backend.put(torn, [UInt8](repeating: 1, count: 100_000))
        backend.put(short, [])
        _ = try test.backUp("db", [1, 2, 3])
        for name in [torn, short] {
            #expect(test.warnings.withLock { $0.contains { $0.contains("\(name)") && $0.contains("adopted") } })
        }
    }
}
