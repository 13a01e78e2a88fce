import Backends
import Hashing
import Packing
import Primitives
import Repositories
import Threads

/// Reads packs from the first byte to the last: name, header, directory, and every chunk.
struct PackCheck: Sendable {
    let repository: Repository
    let index: LoadedIndex
    let reader: SegmentReader
    let recording: DamageRecording
    let report: Locked<CheckReport>
    let cancellation: Cancellation
    private let right = Locked<Set<Digest>>([])

    init(
        repository: Repository, index: LoadedIndex, reader: SegmentReader, recording: DamageRecording,
        report: Locked<CheckReport>, cancellation: Cancellation
    ) {
        self.repository = repository
        self.index = index
        self.reader = reader
        self.recording = recording
        self.report = report
        self.cancellation = cancellation
    }

    /// The packs in which every byte was right.
    var verified: Set<Digest> { right.withLock { $0 } }

    /// What one reading of a pack found.
    private struct Findings {
        var problems: [CheckProblem] = []
        var parts: [IndexRecord.DamagedPart] = []
    }

    /// Reads a pack; what is wrong is in the report. May be called from several threads.
    func check(_ pack: ListedObject) throws(VarveError) {
        do throws(VarveError) {
            var found = try examine(pack)
            if found.problems.isEmpty {
                right.withLock { _ = $0.insert(pack.id) }
                return
            }
            // What is written down stays so. Memory or a network that erred once must not make good data count as absent.
            let again = try examine(pack)
            if again.problems.isEmpty {
                let text = "it was read wrong once and right once: look at the memory, disk and network of this machine"
                found = Findings(problems: [CheckProblem(.damage, "\(ObjectName(.data, pack.id))", text)])
            } else {
                found = again
            }
            add(found)
        } catch  where error.kind == .notFound {
            // A prune beside this check has removed it; the index was checked against the listing before.
            return
        } catch  where error.kind == .damaged || error.kind == .unsupported {
            report.withLock { $0.add(error) }
        }
    }

    /// Reports what was found; what a damage record names already was reported before.
    private func add(_ found: Findings) {
        let isKnown = !found.parts.isEmpty && found.parts.allSatisfy(recording.isKnown)
        report.withLock { report in
            report.damagedParts.formUnion(found.parts)
            for problem in found.problems {
                report.add(
                    isKnown ? CheckProblem(.note, problem.object, problem.problem + " (a record names it)") : problem)
            }
        }
    }

    private func examine(_ pack: ListedObject) throws(VarveError) -> Findings {
        var found = Findings()
        let name = ObjectName(.data, pack.id)
        let whole = IndexRecord.DamagedPart(pack: pack.id, segment: nil)
        let record: PackRecord
        do throws(VarveError) {
            record = try repository.readPackRecord(pack.id, size: pack.size)
        } catch  where error.kind == .damaged || error.kind == .unsupported {
            var scan = PackScan(repository, pack.id, size: pack.size)
            if try hasRightName(pack, &scan, from: 0, SHA256Hasher()) {
                // What it is, is what was written: not the storage's fault, and nothing that a second copy would mend.
                found.problems.append(CheckProblem(error))
                return found
            }
            return Findings(problems: [CheckProblem(error), PackCheck.wrongName(name)], parts: [whole])
        }
        found.problems += contradictionsInIndex(record)
        var hasher = SHA256Hasher()
        var scan = PackScan(repository, pack.id, size: pack.size)
        let head = try scan.next(ObjectHeader.byteCount)
        hasher.update(head)
        count(head)
        if head != record.header.encoded {
            found.problems.append(CheckProblem(.damage, "\(name)", "its first and its second header differ"))
        }
        var offset = UInt32(ObjectHeader.byteCount)
        for segment in record.directory.segments {
            try cancellation.check()
            let sealed = try scan.next(Int(segment.sealedLength))
            hasher.update(sealed)
            count(sealed)
            // What is dead may lose its bases to a prune before it goes itself. Whatever a snapshot needs was looked for by its chunks.
            guard segment.bases.allSatisfy(index.hasRemainingPlainCopy) else {
                offset += segment.sealedLength
                continue
            }
            do throws(VarveError) {
                try reader.check(segment, sealed: sealed, offset: offset, in: record)
            } catch  where error.kind == .damaged {
                found.problems.append(CheckProblem(error))
                if try isDamagedItself(segment, sealed: sealed, offset: offset, in: record) {
                    found.parts.append(IndexRecord.DamagedPart(pack: pack.id, segment: offset))
                }
            }
            offset += segment.sealedLength
        }
        if !(try hasRightName(pack, &scan, from: UInt64(offset), hasher)) {
            found.problems.append(PackCheck.wrongName(name))
            if found.parts.isEmpty { found.parts = [whole] }
        }
        return found
    }

    /// Whether what is wrong with a segment is not its bases: those are damaged where they are, and it is right again once they are.
    private func isDamagedItself(
        _ segment: SegmentEntry, sealed: [UInt8], offset: UInt32, in record: PackRecord
    ) throws(VarveError) -> Bool {
        if segment.codec.isPlain { return true }
        do throws(VarveError) {
            _ = try reader.storedBytes(of: segment, sealed: sealed, offset: offset, in: record)
        } catch  where error.kind == .damaged {
            return true
        }
        return try reader.canRead(bases: segment.bases, as: segment.chunkClass)
    }

    private static func wrongName(_ name: ObjectName) -> CheckProblem {
        CheckProblem(.damage, "\(name)", "its bytes do not have the SHA-256 that is its name")
    }

    private func count(_ bytes: [UInt8]) { report.withLock { $0.readBytes += UInt64(bytes.count) } }

    /// Hashes the rest of a pack; says whether the whole has its name.
    private func hasRightName(
        _ pack: ListedObject, _ scan: inout PackScan, from start: UInt64, _ begun: SHA256Hasher
    ) throws(VarveError) -> Bool {
        var hasher = begun
        var offset = start
        while offset < pack.size {
            let bytes = try scan.next(Int(min(1 << 20, pack.size - offset)))
            hasher.update(bytes)
            count(bytes)
            offset += UInt64(bytes.count)
        }
        return hasher.finalized() == pack.id
    }

    /// What the index says of the pack must be what the pack says.
    private func contradictionsInIndex(_ record: PackRecord) -> [CheckProblem] {
        guard index.chunks.contains(pack: record.id) else { return [] }
        var problems: [CheckProblem] = []
        let name = ObjectName(.data, record.id)
        var offset = UInt32(ObjectHeader.byteCount)
        for segment in record.directory.segments {
            var position: UInt32 = 0
            for chunk in segment.chunks {
                let isNamed = index.chunks.allLocations(of: chunk.id).contains { location in
                    index.chunks.pack(location.pack).id == record.id && location.segmentOffset == offset
                        && location.offset == position && location.length == chunk.length
                }
                if !isNamed {
                    let problem = "the index does not say where chunk \(chunk.id.shortHex) is"
                    problems.append(CheckProblem(.damage, "\(name)", problem))
                }
                position += chunk.length
            }
            offset += segment.sealedLength
        }
        return problems
    }
}
