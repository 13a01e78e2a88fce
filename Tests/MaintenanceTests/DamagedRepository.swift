import Backends
import FileIO
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Threads

/// A repository with one stream of several packs, to be damaged.
struct DamagedRepository {
    let backend = MemoryBackend()
    let bytes: [UInt8]
    let snapshot: Snapshot

    init(seed: UInt64 = 320) throws {
        var random = SeededRandom(seed: seed)
        bytes = random.text(2 << 20) + random.bytes(2 << 20)
        snapshot = try TestRepository.make(at: backend).backUp("db", bytes).snapshot
    }

    /// The repository, opened anew with an empty cache unless one is named.
    func open(cacheRoot: BytePath? = nil) throws -> TestRepository {
        try TestRepository.open(backend, cacheRoot: cacheRoot)
    }

    func check(
        readsData: Bool = true, subset: DataSubset = .all, recordsDamage: Bool = true, memory: CacheFolder? = nil
    ) throws -> CheckReport {
        try CheckRun(
            try open().repository, readsData: readsData, subset: subset, recordsDamage: recordsDamage, memory: memory,
            width: 2, cancellation: Cancellation()
        ).run()
    }

    func repairIndex(isDryRun: Bool = false, setsRecordsAside: Bool = false) throws -> IndexRepairReport {
        try IndexRepair(
            try open().repository, setsRecordsAside: setsRecordsAside, width: 2, cancellation: Cancellation()
        ).run(isDryRun: isDryRun)
    }

    func repairPacks(_ names: Set<Digest> = []) throws -> [SalvagedPack] {
        try PackSalvage(try open().repository, width: 2, cancellation: Cancellation()).run(names)
    }

    func repairSnapshots(isDryRun: Bool = false, forgetsUnreadable: Bool = false) throws -> SnapshotRepairReport {
        try SnapshotRepair(try open().repository, program: "test", width: 2, cancellation: Cancellation()).run(
            isDryRun: isDryRun, forgetsUnreadable: forgetsUnreadable)
    }

    /// The packs of a type with their directories, the largest first.
    func packs(_ type: ObjectType = .dataPack) throws -> [PackRecord] {
        let repository = try open().repository
        return try backend.list(.data).map { try repository.readPackRecord($0.id, size: $0.size) }
            .filter { $0.header.type == type }.sorted { ($1.size, $0.id) < ($0.size, $1.id) }
    }

    /// All that index objects say.
    func indexedPacks() throws -> Set<PackRecord> {
        let repository = try open().repository
        var packs: Set<PackRecord> = []
        for name in try backend.names(in: .index) {
            let (header, plain) = try repository.readObject(name, types: Repository.indexTypes)
            guard header.type == .index else { continue }
            packs.formUnion(try IndexObject(decoding: plain, in: repository.configuration.repository).packs)
        }
        return packs
    }

    /// The names of the records in `index/`.
    func records() throws -> Set<ObjectName> {
        let repository = try open().repository
        return Set(
            try backend.names(in: .index).filter {
                try repository.readObject($0, types: Repository.indexTypes).header.type != .index
            })
    }

    /// The segment that holds the list of the stream.
    func listSegment() throws -> IndexRecord.DamagedPart {
        let test = try open()
        let index = try test.repository.loadIndex()
        let entry = try TreeReader(try test.reader()).entry(at: [Array("db".utf8)], below: snapshot.record.root)
        guard case .list(let id, _, _, _) = entry?.content, let location = index.chunks.usableLocation(of: id) else {
            throw VarveError(.notFound, "the stream has no list")
        }
        return IndexRecord.DamagedPart(pack: index.chunks.pack(location.pack).id, segment: location.segmentOffset)
    }

    func put(_ record: IndexRecord) throws -> ObjectName {
        let repository = try open().repository
        return try repository.writeObject(
            record.encoded(at: repository.configuration.location), type: record.type, in: .index, session: .zero)
    }
}

extension PackRecord {
    var name: ObjectName { ObjectName(.data, id) }
}
