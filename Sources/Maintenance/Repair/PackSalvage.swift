import Backends
import Packing
import Primitives
import Repositories
import Threads

/// Copies what is right in damaged packs into new ones. A damaged pack is set aside by a record that names the whole of it: nobody reckons
/// with it any more, and it stays where it is.
package struct PackSalvage: Sendable {
    private let repository: Repository
    private let width: Int
    private let cancellation: Cancellation
    private let done = Locked(UInt64(0))

    package init(_ repository: Repository, width: Int, cancellation: Cancellation) {
        self.repository = repository
        self.width = width
        self.cancellation = cancellation
    }

    /// Bytes of packs that were gone through; may be asked from any thread.
    package var readBytes: UInt64 { done.withLock { $0 } }

    /// What would be done; changes nothing.
    ///
    /// - Parameter names: packs to take besides those that are known to be damaged.
    package func plan(_ names: Set<Digest> = []) throws(VarveError) -> [SalvagedPack] {
        let index = try repository.loadIndex(readsUnindexedPacks: true)
        try PackSalvage.checkReadable(index)
        let targets = try self.targets(names, index)
        index.settleUsability(without: Set(targets.map(\.id)))
        let reader = SegmentReader(repository: repository, index: index.chunks)
        return try salvage(targets, index, reader) { _, _, _ in }.packs
    }

    /// Does it. What was saved is durable, in the index and looked up again before a pack is set aside.
    package func run(_ names: Set<Digest> = []) throws(VarveError) -> [SalvagedPack] {
        let session = try WriterSession(
            repository, command: "repair packs", compression: .default, width: width, cancellation: cancellation)
        do throws(VarveError) {
            try PackSalvage.checkReadable(session.index)
            let targets = try self.targets(names, session.index)
            session.index.settleUsability(without: Set(targets.map(\.id)))
            let result = try salvage(targets, session.index, session.reader) {
                bytes, id, chunkClass throws(VarveError) in
                try session.storeCopy(bytes, id, as: chunkClass)
            }
            try session.finishStoring()
            try setAside(targets, saved: result.saved)
            session.close()
            return result.packs
        } catch {
            session.abandon()
            throw error
        }
    }

    private static func checkReadable(_ index: LoadedIndex) throws(VarveError) {
        guard let error = index.unreadable.first else { return }
        throw VarveError(
            .damaged, "the index cannot be read whole: \(error.problem)", advice: "run `varve repair index` first")
    }

    /// The packs that damage records name, those whose size is not what the index says, and those of `names`.
    private func targets(_ names: Set<Digest>, _ index: LoadedIndex) throws(VarveError) -> [ListedObject] {
        var chosen = names.union(index.damaged.map(\.pack))
        for pack in index.chunks.packs where index.listing[pack.id].map({ $0 != pack.size }) ?? false {
            chosen.insert(pack.id)
        }
        return chosen.subtracting(index.condemned).sorted().compactMap { id in
            index.listing[id].map { ListedObject(id: id, size: $0) }
        }
    }

    private typealias Store = (_ bytes: [UInt8], _ id: ChunkID, _ chunkClass: ChunkClass) throws(VarveError) -> Void

    private func salvage(
        _ targets: [ListedObject], _ index: LoadedIndex, _ reader: SegmentReader, _ store: Store
    ) throws(VarveError) -> (packs: [SalvagedPack], saved: [ChunkID]) {
        var records = try readRecords(of: targets)
        var packs: [SalvagedPack] = []
        var saved: [ChunkID] = []
        for target in targets {
            var pack = SalvagedPack(id: target.id, size: target.size)
            if let record = records.removeValue(forKey: target.id) {
                var offset = UInt32(ObjectHeader.byteCount)
                for segment in record.directory.segments {
                    try cancellation.check()
                    let wanted = index.chunks.claim(segment.chunks.map(\.id)).map { segment.chunks[$0] }
                    let bytes = try wanted.isEmpty ? [] : read(wanted, of: segment, at: offset, in: record, reader)
                    for (chunk, bytes) in zip(wanted, bytes) {
                        guard let bytes else {
                            pack.lostChunks += 1
                            pack.lostBytes += UInt64(chunk.length)
                            continue
                        }
                        try store(bytes, chunk.id, segment.chunkClass)
                        saved.append(chunk.id)
                        pack.savedChunks += 1
                        pack.savedBytes += UInt64(chunk.length)
                    }
                    offset += segment.sealedLength
                }
            } else {
                pack.isKnown = false
            }
            done.withLock { $0 += target.size }
            packs.append(pack)
        }
        return (packs, saved)
    }

    /// The bytes of chunks of a segment, `nil` where they cannot be had: neither from there nor from any other copy.
    private func read(
        _ chunks: [ChunkEntry], of segment: SegmentEntry, at offset: UInt32, in pack: PackRecord,
        _ reader: SegmentReader
    ) throws(VarveError) -> [[UInt8]?] {
        var decoded: DecodedSegment?
        do throws(VarveError) {
            decoded = try reader.segment(segment, at: offset, in: pack)
        } catch  where error.kind == .damaged || error.kind == .notFound {
            decoded = nil
        }
        let places = Dictionary(segment.chunkRanges.map { ($0.id, $0.range) }, uniquingKeysWith: { $1 })
        var found: [[UInt8]?] = []
        for chunk in chunks {
            if let decoded, let range = places[chunk.id],
                reader.areRight([(id: chunk.id, range: range)], as: segment.chunkClass, in: decoded)
            {
                found.append(decoded.bytes(in: range).map { Array($0) })
                withExtendedLifetime(decoded) {}
                continue
            }
            do throws(VarveError) {
                found.append(try reader.chunk(chunk.id, as: segment.chunkClass))
            } catch  where error.kind == .damaged {
                found.append(nil)
            }
        }
        return found
    }

    /// What is in the packs: what they say themselves, else what the index says.
    private func readRecords(of targets: [ListedObject]) throws(VarveError) -> [Digest: PackRecord] {
        var records: [Digest: PackRecord] = [:]
        var silent: Set<Digest> = []
        for target in targets {
            do throws(VarveError) {
                records[target.id] = try repository.readPackRecord(target.id, size: target.size)
            } catch  where error.kind == .damaged {
                silent.insert(target.id)
            }
        }
        if silent.isEmpty { return records }
        for object in try repository.backend.list(.index) {
            do throws(VarveError) {
                for record in try repository.readIndexObject(object.id) ?? [] where silent.contains(record.id) {
                    records[record.id] = record
                }
            } catch  where error.kind == .notFound || error.kind == .damaged {
                continue
            }
        }
        return records
    }

    /// Puts the damage record once everything that was saved is seen to be usable without the packs.
    private func setAside(_ targets: [ListedObject], saved: [ChunkID]) throws(VarveError) {
        let fresh = try repository.loadIndex()
        fresh.settleUsability(without: Set(targets.map(\.id)))
        guard fresh.chunks.areKnown(saved) else {
            throw VarveError(
                .busy, "something that was saved is not usable any more: a prune is at work",
                advice: "run `varve repair packs` again", isRetryable: true)
        }
        let whole = targets.map { IndexRecord.DamagedPart(pack: $0.id, segment: nil) }
        _ = try DamageRecording(in: repository, known: fresh.damaged).record(whole)
    }
}
