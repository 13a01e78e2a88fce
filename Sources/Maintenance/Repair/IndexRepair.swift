import Backends
import Primitives
import Repositories
import Threads

/// Makes the index say what the packs say. Records are kept; nothing is deleted that the packs do not say themselves.
///
/// New index objects are durable before an old one goes, as when a prune merges them (`format-spec/ordering.md`).
package struct IndexRepair: Sendable {
    private let repository: Repository
    private let setsRecordsAside: Bool
    private let width: Int
    private let cancellation: Cancellation
    private let done = Locked(UInt64(0))

    /// - Parameter setsRecordsAside: whether records that cannot be read are set aside as well, with all that they said.
    package init(_ repository: Repository, setsRecordsAside: Bool, width: Int, cancellation: Cancellation) {
        self.repository = repository
        self.setsRecordsAside = setsRecordsAside
        self.width = width
        self.cancellation = cancellation
    }

    /// Packs that were read so far; may be asked from any thread.
    package var readPacks: UInt64 { done.withLock { $0 } }

    /// What `index/` holds.
    private struct Contents {
        /// What each index object says of each pack, in short.
        var objects: [Digest: [Digest: Digest]] = [:]
        var unreadable: [(id: Digest, type: ObjectType?, error: VarveError)] = []
    }

    /// Does it, or says what it would do.
    ///
    /// - Throws: kind `damaged` where the listing of packs is empty and the index names some.
    package func run(isDryRun: Bool) throws(VarveError) -> IndexRepairReport {
        let contents = try readIndex()
        let listing = try repository.backend.list(.data)
        if listing.isEmpty, contents.objects.contains(where: { !$0.value.isEmpty }) {
            throw VarveError(
                .damaged, "the listing of data/ is empty, and the index names packs", advice: "look at the storage")
        }
        let comparison = IndexComparison(objects: contents.objects, packs: try readTails(listing))
        var report = IndexRepairReport()
        report.packs = listing.count
        report.missingPacks = comparison.missingPacks
        report.unknownPacks = comparison.unknownPacks
        report.replacedObjects = comparison.wrongObjects
        report.namedPacks = (comparison.packsToName + comparison.packsToCarryOver.map(\.pack)).sorted()
        if isDryRun {
            report.unreadableObjects = contents.unreadable.map(\.error)
            return report
        }
        try repository.backend.prepareForWriting()
        try name(
            comparison, sizes: Dictionary(listing.map { ($0.id, $0.size) }, uniquingKeysWith: { first, _ in first }))
        for object in comparison.wrongObjects { try repository.backend.delete(ObjectName(.index, object)) }
        try setAside(contents, &report)
        return report
    }

    private func readIndex() throws(VarveError) -> Contents {
        var contents = Contents()
        for listed in try repository.backend.list(.index).sorted(by: { $0.id < $1.id }) {
            try cancellation.check()
            do throws(VarveError) {
                guard let packs = try repository.readIndexObject(listed.id) else { continue }
                contents.objects[listed.id] = Dictionary(
                    packs.map { ($0.id, $0.fingerprint) }, uniquingKeysWith: { first, _ in first })
            } catch  where error.kind == .notFound {
                // A prune replaced it meanwhile.
                continue
            } catch  where error.kind == .damaged {
                contents.unreadable.append((listed.id, headerType(of: listed.id), error))
            }
        }
        return contents
    }

    /// What the header of an object that cannot be read says that it is.
    private func headerType(of id: Digest) -> ObjectType? {
        let name = ObjectName(.index, id)
        guard let bytes = try? repository.readBytes(name, at: 0, count: ObjectHeader.byteCount) else { return nil }
        return (try? ObjectHeader(decoding: bytes[...], of: "\(name)"))?.type
    }

    private func readTails(_ listing: [ListedObject]) throws(VarveError) -> [Digest: IndexComparison.Standing] {
        let standings = Locked<[Digest: IndexComparison.Standing]>([:])
        try ParallelRun(width: width, cancellation: cancellation).run(listing) { [self] pack throws(VarveError) in
            defer { done.withLock { $0 += 1 } }
            do throws(VarveError) {
                let record = try repository.readPackRecord(pack.id, size: pack.size)
                standings.withLock { $0[pack.id] = .readable(record.fingerprint) }
            } catch  where error.kind == .damaged {
                standings.withLock { $0[pack.id] = .unreadable }
            } catch  where error.kind == .notFound {
                // A prune removed it.
                return
            }
        }
        return standings.withLock { $0 }
    }

    /// Puts index objects for the packs that no right one names.
    private func name(_ comparison: IndexComparison, sizes: [Digest: UInt64]) throws(VarveError) {
        let session = Identifier(from: repository.environment.random)
        var batch: [PackRecord] = []
        var directoryBytes = 0
        func add(_ record: PackRecord) throws(VarveError) {
            batch.append(record)
            directoryBytes += record.directorySize
            if batch.count == 64 || directoryBytes >= PackPublisher.directoryBytesPerIndexObject { try publish() }
        }
        func publish() throws(VarveError) {
            try repository.putIndexObject(batch, session: session)
            batch = []
            directoryBytes = 0
        }
        for pack in comparison.packsToName {
            try cancellation.check()
            guard let size = sizes[pack] else { continue }
            do throws(VarveError) {
                try add(try repository.readPackRecord(pack, size: size))
            } catch  where error.kind == .notFound {
                continue
            }
        }
        for (object, pairs) in Dictionary(grouping: comparison.packsToCarryOver, by: \.object) {
            let wanted = Set(pairs.map(\.pack))
            for record in try repository.readIndexObject(object) ?? [] where wanted.contains(record.id) {
                try add(record)
            }
        }
        try publish()
    }

    private func setAside(_ contents: Contents, _ report: inout IndexRepairReport) throws(VarveError) {
        for (id, type, error) in contents.unreadable {
            guard type == .index || setsRecordsAside else {
                report.unreadableObjects.append(error)
                continue
            }
            do throws(VarveError) {
                try repository.backend.setAside(ObjectName(.index, id))
                report.objectsSetAside.append(error)
            } catch  where error.kind == .storage {
                report.unreadableObjects.append(error)
            } catch  where error.kind == .notFound {
                continue
            }
        }
    }
}
