import Backends
import Packing
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

/// Reading chunks where copies are damaged, missing, or contradicted.
struct SegmentReaderTests {
    private let backend = MemoryBackend()
    private let bytes: [UInt8]

    init() {
        var random = SeededRandom(seed: 31)
        bytes = random.bytes(600_000)
    }

    /// Packs of data, the largest first.
    private func dataPacks(_ backend: MemoryBackend) throws -> [ObjectName] {
        try backend.names(in: .data).filter { try backend.read($0)[10] == ObjectType.dataPack.rawValue }
    }

    @Test func anyCopyThatIsWholeWillDo() throws {
        let test = try TestRepository.make(at: backend)
        let snapshot = try test.backUp("db", bytes).snapshot
        let first = try dataPacks(backend)
        // A damage record makes the next run store everything a second time.
        let parts = first.map { IndexRecord.DamagedPart(pack: $0.id, segment: nil) }.sorted { $0.pack < $1.pack }
        let record = try test.repository.writeObject(
            IndexRecord.damage(parts).encoded(at: test.repository.configuration.location), type: .damageRecord,
            in: .index, session: .zero)
        _ = try test.backUp("db", bytes)
        backend.delete(record)
        let second = try dataPacks(backend).filter { !first.contains($0) }
        #expect(!first.isEmpty && !second.isEmpty)
        for damaged in [first, second] {
            for isMissing in [true, false] {
                let copy = try backend.copy()
                for name in damaged {
                    copy.tamper(with: name) { bytes in isMissing ? nil : bytes.map { $0 ^ 1 } }
                }
                #expect(try TestRepository.open(copy).read("db", of: snapshot) == bytes)
            }
        }
        let copy = try backend.copy()
        for name in first + second { copy.flip(name, at: 200) }
        let error = failure { try TestRepository.open(copy).read("db", of: snapshot) }
        #expect(error?.kind == .damaged)
        #expect((first + second).contains { error?.problem.contains("\($0)") == true })
    }

    /// Two index objects say different things of one segment: that it needs a base, and that it is the base. Whoever reads it gets
    /// an error, and does not wait for itself.
    @Test(.timeLimit(.minutes(60))) func indexObjectsThatContradictEachOther() throws {
        let test = try TestRepository.make(at: backend, isEncrypted: false)
        _ = try test.backUp("db", bytes)
        let name = try #require(try dataPacks(backend).first)
        let record = try test.repository.readPackRecord(name.id, size: UInt64(try backend.read(name).count))
        var wrong = try #require(record.directory.segments.first)
        let base = wrong.chunks.removeLast()
        var right = wrong
        // Both have the segment's offset; sums must be right for the objects to be read at all.
        right.chunks = [base]
        right.rawLength = base.length
        right.codec = .zstd
        wrong.rawLength -= base.length
        wrong.codec = .zstdWithPrefix
        wrong.bases = [base.id]
        for old in try backend.names(in: .index) { backend.delete(old) }
        for segment in [wrong, right] {
            let pack = PackRecord(
                id: record.id, size: record.size, header: record.header,
                directory: PackDirectory(segments: [segment]))
            _ = try test.repository.writeObject(
                IndexObject(location: test.repository.configuration.location, packs: [pack]).encoded, type: .index,
                in: .index, session: .zero)
        }
        let index = try test.repository.loadIndex()
        let reader = SegmentReader(repository: test.repository, index: index.chunks)
        let wanted = [wrong.chunks[0].id, base.id]
        let threads = (0..<4).map { number in
            WorkerThread(name: "reader") {
                let chunk = wanted[number % 2]
                #expect(failure { try reader.chunk(chunk, as: .data) }?.kind == .damaged)
            }
        }
        for thread in threads { thread.join() }
    }

    @Test func whatIsAskedForAsAnotherClassIsRefused() throws {
        let test = try TestRepository.make(at: backend)
        let snapshot = try test.backUp("db", bytes).snapshot
        let error = failure { try test.reader().chunk(snapshot.record.root.root, as: .data) }
        #expect(error?.kind == .damaged)
        #expect(error?.problem.contains("data chunk") == true)
        let missing = failure { try test.reader().chunk(Digest(1, 2, 3, 4), as: .list) }
        #expect(missing?.kind == .damaged && missing?.problem.contains("list chunk 01000000") == true)
    }

    /// Many threads that want the same segments: each is read from the repository once.
    @Test func aSegmentIsReadOnceForAllWhoWait() throws {
        let faulty = FaultyBackend(backend)
        let test = try TestRepository.make(at: faulty)
        _ = try test.backUp("db", bytes)
        let index = try test.repository.loadIndex()
        let name = try #require(try dataPacks(backend).first)
        let record = try test.repository.readPackRecord(name.id, size: UInt64(try backend.read(name).count))
        let reader = SegmentReader(repository: test.repository, index: index.chunks)
        let reads = Locked(0)
        faulty.setRule { operation, _ in
            if operation == .read(.data) { reads.withLock { $0 += 1 } }
            return .none
        }
        let threads = (0..<4).map { _ in
            WorkerThread(name: "reader") {
                for segment in record.directory.segments {
                    for chunk in segment.chunks {
                        #expect(failure { try reader.chunk(chunk.id, as: .data) } == nil)
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(reads.withLock { $0 } == record.directory.segments.count)
    }

    /// A read that fails is no damage, and the next attempt may succeed.
    @Test func aFailedReadIsTriedAgainByTheNext() throws {
        let faulty = FaultyBackend(backend)
        let test = try TestRepository.make(at: faulty)
        let snapshot = try test.backUp("db", bytes).snapshot
        let reader = try test.reader()
        faulty.setRule { operation, _ in operation == .read(.data) ? .fail : .none }
        #expect(failure { try reader.chunk(snapshot.record.root.root, as: .tree) }?.kind == .storage)
        faulty.setRule { _, _ in .none }
        #expect(failure { try reader.chunk(snapshot.record.root.root, as: .tree) } == nil)
    }
}
