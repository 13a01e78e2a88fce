import Backends
import FileIO
import Indexing
import Primitives
import Threads

/// The index of a repository as it was read at one moment.
package struct LoadedIndex: Sendable {
    package let chunks: ChunkIndex
    /// Packs that are going.
    package let condemned: Set<Digest>
    /// Sessions whose snapshots are none.
    package let voidSessions: Set<Identifier>
    /// Sizes of all packs in `data/`, by name.
    package let listing: [Digest: UInt64]
    /// What of `index/` could not be read.
    package let unreadable: [VarveError]
    /// The names of the index objects and records that were read.
    package let objects: Set<Digest>
    /// Those of the records among them, by type.
    package let records: [ObjectType: Set<Digest>]
    /// What goes, and whom that waits for: each drain record with its name.
    package let drains: [DrainRecord]
    /// The snapshots that were removed on purpose.
    package let forgotten: Set<IndexRecord.ForgottenSnapshot>

    /// Packs in `data/` that no index object names and that are not going, in order of their names.
    package let unindexedPacks: [(id: Digest, size: UInt64)]
    /// What counts as absent, because it was found damaged.
    package let damaged: Set<IndexRecord.DamagedPart>
    /// Where the files of ``chunks`` are made; a temporary one lasts as long as this.
    let cache: CacheFolder

    /// Whether the pack stands in `data/` as the index has it, and no damage record names the whole of it.
    package func isPresent(_ pack: IndexedPack) -> Bool {
        listing[pack.id] == pack.size && !isDamaged(pack.id)
    }

    /// A copy of a chunk that is there and can be read, though it or a base of it may be in a pack that is going: a prune that is at work, or was
    /// broken off, has not copied it elsewhere yet, and does not delete it before.
    package func remainingLocation(of id: ChunkID) -> ChunkLocation? {
        chunks.allLocations(of: id).first { location in
            remains(location) && location.bases.allSatisfy(hasRemainingPlainCopy)
        }
    }

    /// Whether a copy of a chunk that can serve as a base is there, be it in a pack that is going.
    package func hasRemainingPlainCopy(of id: ChunkID) -> Bool {
        chunks.allLocations(of: id).contains { $0.bases.isEmpty && remains($0) }
    }

    private func remains(_ location: ChunkLocation) -> Bool {
        let pack = chunks.pack(location.pack)
        let part = IndexRecord.DamagedPart(pack: pack.id, segment: location.segmentOffset)
        return isPresent(pack) && !damaged.contains(part)
    }

    /// Whether a damage record names the whole pack.
    package func isDamaged(_ pack: Digest) -> Bool {
        damaged.contains(IndexRecord.DamagedPart(pack: pack, segment: nil))
    }

    /// Says which of the packs that ``chunks`` names are usable (`format-spec/index.md`, "Usable copies").
    ///
    /// - Parameter excluded: packs that are not, whatever else is known of them.
    package func settleUsability(without excluded: Set<Digest> = []) {
        let damagedSegments = damaged.compactMap { part in part.segment.map { (pack: part.pack, offset: $0) } }
        chunks.setUsable(damagedSegments: damagedSegments) { pack in
            listing[pack.id] == pack.size && !condemned.contains(pack.id) && !isDamaged(pack.id)
                && !excluded.contains(pack.id)
        }
    }
}

/// What the records of `index/` say, as they were read at one moment.
package struct IndexRecords: Sendable {
    /// Sessions whose snapshots are none.
    package let voidSessions: Set<Identifier>
    /// What goes, and whom that waits for: each drain record with its name.
    package let drains: [DrainRecord]
    /// What of `index/` could not be read.
    package let unreadable: [VarveError]
}

/// A drain record under its name.
package struct DrainRecord: Hashable, Sendable {
    package let name: Digest
    /// What goes.
    package let packs: [Digest]
    /// Whom that waits for.
    package let anchors: [IndexRecord.AnchorName]

    package init(name: Digest, packs: [Digest], anchors: [IndexRecord.AnchorName]) {
        self.name = name
        self.packs = packs
        self.anchors = anchors
    }
}

extension Repository {
    package static let indexTypes: Set<ObjectType> = [
        .index, .condemnRecord, .drainRecord, .voidRecord, .forgetRecord, .damageRecord,
    ]

    /// Reads the index, through the cache: what is usable is settled (`format-spec/index.md`).
    ///
    /// Objects that cannot be read are passed over with a warning; whoever writes must heed ``LoadedIndex/unreadable``.
    /// - Parameter readsUnindexedPacks: whether packs that no index object names are looked into as well, so that what a lost or
    ///   damaged index object named can be read all the same. Nothing is written.
    /// - Throws: where a listing fails, or the objects keep changing under the reader.
    package func loadIndex(readsUnindexedPacks: Bool = false) throws(VarveError) -> LoadedIndex {
        try reading { loader throws(VarveError) in
            let index = try loader.load()
            if readsUnindexedPacks { try addUnindexedPacks(to: index) }
            return index
        }
    }

    /// Reads the index for whoever decides over what is lost or goes, unindexed packs as well: a cache that is damaged hides what is there, and
    /// is read past.
    ///
    /// - Throws: ``VarveError/damagedIndexCache`` where what was just built anew is damaged again.
    package func loadIndexForJudging() throws(VarveError) -> LoadedIndex {
        for _ in 0..<2 {
            let index = try loadIndex(readsUnindexedPacks: true)
            if index.chunks.removeDamagedRuns() == 0 { return index }
        }
        throw .damagedIndexCache
    }

    /// Reads the records alone: packs are not listed, and no more of index objects is read than to tell them from records.
    ///
    /// - Throws: as ``loadIndex(readsUnindexedPacks:)``.
    package func loadIndexRecords() throws(VarveError) -> IndexRecords {
        try reading { loader throws(VarveError) in try loader.loadRecords() }
    }

    private func reading<Result>(
        _ body: (inout IndexLoader) throws(VarveError) -> Result
    ) throws(VarveError) -> Result {
        var cache = self.cache
        return try repeatingWhileIndexChanges { () throws(VarveError) -> Result? in
            do throws(VarveError) {
                var loader = IndexLoader(repository: self, cache: cache)
                return try body(&loader)
            } catch  where error.kind == .local && cache === self.cache {
                // The cache is full or broken: this once it is done elsewhere.
                environment.warn("the cache cannot be used: \(error.problem)")
                cache = try CacheFolder(temporaryBelow: environment.temporaryRoot, random: environment.random)
                return nil
            }
        }
    }

    /// Begins anew while `attempt` gives nothing, or an object vanishes between the listing of `index/` and its reading: a prune put it
    /// together with others.
    ///
    /// - Throws: kind `busy` where that does not end; what else `attempt` throws.
    func repeatingWhileIndexChanges<Result>(
        _ attempt: () throws(VarveError) -> Result?
    ) throws(VarveError) -> Result {
        for _ in 0..<20 {
            do throws(VarveError) {
                if let result = try attempt() { return result }
            } catch  where error.kind == .notFound {
                continue
            }
        }
        throw VarveError(
            .busy, "the index of \(backend.location) keeps changing", advice: "try again later", isRetryable: true)
    }

    private func addUnindexedPacks(to index: LoadedIndex) throws(VarveError) {
        try readPackRecords(index.unindexedPacks) { _, record throws(VarveError) in
            do throws(VarveError) {
                let (pack, segments) = try record.get().indexed
                try index.chunks.add(pack, segments)
            } catch  where error.kind == .damaged || error.kind == .unsupported || error.kind == .notFound {
                environment.warn("a pack that no index object names cannot be read: \(error.problem)")
            }
        }
        index.settleUsability()
    }

    fileprivate struct IndexLoader {
        let repository: Repository
        let cache: CacheFolder
        let index: ChunkIndex
        var condemned: Set<Digest> = []
        var voidSessions: Set<Identifier> = []
        var damaged: Set<IndexRecord.DamagedPart> = []
        var records: [ObjectType: Set<Digest>] = [:]
        var drains: [DrainRecord] = []
        var forgotten: Set<IndexRecord.ForgottenSnapshot> = []
        var unreadable: [VarveError] = []
        /// Index objects that were just read, not yet in a run.
        var table = IndexTable()
        var tableNames: [Digest] = []

        init(repository: Repository, cache: CacheFolder) {
            self.repository = repository
            self.cache = cache
            index = ChunkIndex(folder: cache.temporary)
        }

        private var runCache: RunCache {
            RunCache(folder: cache.runs, temporaryFolder: cache.temporary, random: repository.environment.random)
        }

        /// Bytes of objects that may be read ahead of what is taken in.
        private static let bytesAhead = 64 << 20

        mutating func load() throws(VarveError) -> LoadedIndex {
            let listed = try repository.backend.list(.index)
            let names = Set(listed.map(\.id))
            let runCache = runCache
            var runs = runCache.load(among: names)
            let covered = Set(runs.flatMap(\.covered))
            try read(listed.filter { !covered.contains($0.id) }) { loader throws(VarveError) in
                guard loader.table.chunkCount >= ChunkIndex.pendingLimit else { return }
                try runs.append(loader.store(in: runCache))
            }
            if !tableNames.isEmpty { try runs.append(store(in: runCache)) }
            runs = try runCache.merging(runs)
            for run in runs { index.mount(run) }
            cache.dropObjects(in: .index, except: names.subtracting(runs.flatMap(\.covered)))

            // The listing comes last, so that whatever the index names was there before it (`format-spec/ordering.md`).
            var listing: [Digest: UInt64] = [:]
            try repository.backend.list(.data) { listing[$0.id] = $0.size }
            let unindexed = listing.filter { !index.contains(pack: $0.key) && !condemned.contains($0.key) }
            let loaded = LoadedIndex(
                chunks: index, condemned: condemned, voidSessions: voidSessions, listing: listing,
                unreadable: unreadable, objects: names, records: records, drains: drains, forgotten: forgotten,
                unindexedPacks: unindexed.sorted { $0.key < $1.key }.map { (id: $0.key, size: $0.value) },
                damaged: damaged, cache: cache)
            loaded.settleUsability()
            return loaded
        }

        mutating func loadRecords() throws(VarveError) -> IndexRecords {
            let listed = try repository.backend.list(.index)
            let runs = runCache.load(among: Set(listed.map(\.id)))
            let covered = Set(runs.flatMap(\.covered))
            try read(listed.filter { !covered.contains($0.id) }) { loader throws(VarveError) in
                // What an index object says is not asked for.
                loader.table = IndexTable()
            }
            return IndexRecords(voidSessions: voidSessions, drains: drains, unreadable: unreadable)
        }

        private mutating func store(in cache: RunCache) throws(VarveError) -> IndexRun {
            defer {
                table = IndexTable()
                tableNames = []
            }
            return try cache.store(table, covering: tableNames)
        }

        /// Reads objects, several at once, and takes them in by the order of their names.
        ///
        /// - Parameter then: is called after each.
        private mutating func read(
            _ listed: [ListedObject], _ then: (inout IndexLoader) throws(VarveError) -> Void
        ) throws(VarveError) {
            let wanted = listed.sorted { $0.id < $1.id }
            let reading = ParallelMap(
                width: repository.backend.concurrency, weightLimit: IndexLoader.bytesAhead)
            try reading.run(wanted, weights: wanted.map { Int(clamping: $0.size) }) {
                [repository] listed throws(VarveError) in
                try repository.readCachedObject(ObjectName(.index, listed.id), types: Repository.indexTypes)
            } _: { listed, object throws(VarveError) in
                try take(object, ObjectName(.index, listed.id))
                try then(&self)
            }
        }

        /// Takes in an object that was read, or that could not be.
        private mutating func take(
            _ object: Result<(header: ObjectHeader, plain: [UInt8]), VarveError>, _ name: ObjectName
        ) throws(VarveError) {
            do throws(VarveError) {
                let (header, plain) = try object.get()
                if header.type == .index {
                    let object = try decoding("\(name)") {
                        try IndexObject(decoding: plain, in: repository.configuration.repository)
                    }
                    try repository.checkLocation(object.location, of: name)
                    for pack in object.packs {
                        let (pack, segments) = pack.indexed
                        table.add(pack, segments)
                    }
                    tableNames.append(name.id)
                } else {
                    let (record, location) = try decoding("\(name)") {
                        try IndexRecord.decode(plain, type: header.type)
                    }
                    try repository.checkLocation(location, of: name)
                    records[header.type, default: []].insert(name.id)
                    add(record, name.id)
                }
            } catch  where error.kind == .damaged || error.kind == .unsupported {
                repository.environment.warn(error.problem)
                unreadable.append(error)
            }
        }

        private mutating func add(_ record: IndexRecord, _ name: Digest) {
            switch record {
            case .condemn(let packs): condemned.formUnion(packs)
            case .void(let sessions): voidSessions.formUnion(sessions)
            case .damage(let parts): damaged.formUnion(parts)
            case .drain(let packs, let anchors):
                drains.append(DrainRecord(name: name, packs: packs, anchors: anchors))
            case .forget(let snapshots): forgotten.formUnion(snapshots)
            }
        }
    }
}
