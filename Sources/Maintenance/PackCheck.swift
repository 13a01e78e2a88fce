import Backends
import Hashing
import Indexing
import Packing
import Primitives
import Repositories
import Threads

/// Reads every pack from its first byte to its last: its name, its header and directory, and every chunk in it.
struct PackCheck: Sendable {
    let repository: Repository
    let index: LoadedIndex
    let reader: SegmentReader
    let report: Locked<CheckReport>
    let width: Int
    let cancellation: Cancellation

    func run() throws(VarveError) {
        let packs = index.listing.sorted { $0.key < $1.key }
        let next = Locked(0)
        let failure = Locked<VarveError?>(nil)
        let threads = (0..<width).map { _ in
            WorkerThread(name: "check") {
                while !cancellation.isCancelled, failure.withLock({ $0 == nil }) {
                    let number = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard number < packs.count else { return }
                    do throws(VarveError) {
                        try check(packs[number].key, size: packs[number].value)
                    } catch  where error.kind == .damaged || error.kind == .unsupported {
                        report.withLock { $0.add(error) }
                    } catch  where error.kind == .notFound {
                        // A prune beside this check has removed it; the index was checked against the listing before.
                        continue
                    } catch {
                        failure.withLock { $0 = error }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        try cancellation.check()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func check(_ id: Digest, size: UInt64) throws(VarveError) {
        let name = ObjectName(.data, id)
        let record: PackRecord
        do throws(VarveError) {
            record = try repository.readPackRecord(id, size: size)
        } catch  where error.kind == .damaged || error.kind == .unsupported {
            try checkName(name, size: size, from: 0, SHA256Hasher())
            throw error
        }
        compareWithIndex(record)
        var hasher = SHA256Hasher()
        let head = try repository.readBytes(name, at: 0, count: ObjectHeader.byteCount)
        hasher.update(head)
        report.withLock { $0.readBytes += UInt64(head.count) }
        if head != record.header.encoded { found(name, "its first and its second header differ") }
        var offset = UInt32(ObjectHeader.byteCount)
        for segment in record.directory.segments {
            try cancellation.check()
            let sealed = try repository.readBytes(name, at: UInt64(offset), count: Int(segment.sealedLength))
            hasher.update(sealed)
            do throws(VarveError) {
                try reader.check(segment, sealed: sealed, offset: offset, in: record)
            } catch  where error.kind == .damaged {
                report.withLock { $0.add(error) }
            }
            offset += segment.sealedLength
            report.withLock { $0.readBytes += UInt64(sealed.count) }
        }
        try checkName(name, size: size, from: UInt64(offset), hasher)
    }

    /// Hashes the rest of a pack and compares the whole with its name.
    private func checkName(
        _ name: ObjectName, size: UInt64, from start: UInt64, _ begun: SHA256Hasher
    ) throws(VarveError) {
        var hasher = begun
        var offset = start
        while offset < size {
            let bytes = try repository.readBytes(name, at: offset, count: Int(min(1 << 20, size - offset)))
            hasher.update(bytes)
            offset += UInt64(bytes.count)
            report.withLock { $0.readBytes += UInt64(bytes.count) }
        }
        if hasher.finalized() != name.id { found(name, "its bytes do not have the SHA-256 that is its name") }
    }

    /// What the index says of the pack must be what the pack says.
    private func compareWithIndex(_ record: PackRecord) {
        guard index.chunks.contains(pack: record.id) else { return }
        let name = ObjectName(.data, record.id)
        var offset = UInt32(ObjectHeader.byteCount)
        for segment in record.directory.segments {
            var position: UInt32 = 0
            for chunk in segment.chunks {
                let isNamed = index.chunks.allLocations(of: chunk.id).contains { location in
                    index.chunks.pack(location.pack).id == record.id && location.segmentOffset == offset
                        && location.offset == position && location.length == chunk.length
                }
                if !isNamed { found(name, "the index does not say where chunk \(chunk.id.shortHex) is") }
                position += chunk.length
            }
            offset += segment.sealedLength
        }
    }

    private func found(_ name: ObjectName, _ problem: String) {
        report.withLock { $0.add(CheckProblem(.damage, "\(name)", problem)) }
    }
}
