import Backends
import FileIO
import Maintenance
import Primitives
import Repositories
import Threads

/// Copies packs as they are: through a temporary file, compared with their names, several at once; index objects follow.
struct PackTransfer: Sendable {
    let source: TransferSource
    let session: WriterSession
    let figures: Locked<TransferFigures>
    let width: Int
    let cancellation: Cancellation

    /// Bytes that are read at once.
    static let rangeLength = 8 << 20

    /// A pack as it lies in a file, checked.
    private struct Fetched {
        let record: PackRecord
        let file: TemporaryFile
    }

    /// Does it. What was copied is durable and in index objects then.
    ///
    /// - Returns: the names of those put, and those that the source has no more or has damaged.
    func run(_ packs: [SyncPlan.Pack]) throws(VarveError) -> (put: Set<Digest>, failed: [SyncPlan.Pack]) {
        let indexing = IndexCollector(session)
        let result = Locked<(put: Set<Digest>, failed: [SyncPlan.Pack])>(([], []))
        var failure: VarveError?
        do throws(VarveError) {
            try ParallelRun(width: width, cancellation: cancellation).run(packs) { pack throws(VarveError) in
                guard let fetched = try fetch(pack) else {
                    result.withLock { $0.failed.append(pack) }
                    return
                }
                try put(fetched, indexing)
                result.withLock { _ = $0.put.insert(pack.id) }
            }
        } catch {
            failure = error
        }
        // What is there is indexed also where the rest failed.
        do throws(VarveError) { try indexing.finish() } catch { failure = failure ?? error }
        if let failure { throw failure }
        return result.withLock { $0 }
    }

    /// Reads a pack into a file; `nil` where it is not what its name says, or not there.
    private func fetch(_ pack: SyncPlan.Pack) throws(VarveError) -> Fetched? {
        let destination = session.repository
        let folder = destination.backend.temporaryFolder ?? destination.cache.temporary
        let file = try reportingErrors(as: .local) { () throws(SystemError) in
            try TemporaryFile.create(in: folder)
        }
        do throws(VarveError) {
            let digest = try read(pack, into: file)
            guard digest == pack.id else {
                throw .damaged("\(ObjectName(.data, pack.id))", "its bytes do not have the SHA-256 that is its name")
            }
            let record = try destination.packRecord(pack.id, size: pack.size) { offset, count throws(VarveError) in
                try read(count, of: file, at: offset)
            }
            return Fetched(record: record, file: file)
        } catch  where error.kind == .damaged || error.kind == .notFound {
            source.repository.environment.warn(
                "\(source.repository.backend.location): \(error.problem): copying its segments one by one")
            file.discard()
            return nil
        }
    }

    private func read(_ pack: SyncPlan.Pack, into file: TemporaryFile) throws(VarveError) -> Digest {
        try source.repository.backend.digest(
            of: ObjectName(.data, pack.id), size: pack.size, step: PackTransfer.rangeLength, cancellation
        ) { range throws(VarveError) in
            try reportingErrors(as: .local) { () throws(SystemError) in try file.file.write(range) }
            figures.withLock { $0.readBytes += UInt64(range.count) }
        }
    }

    private func read(_ count: Int, of file: TemporaryFile, at offset: UInt64) throws(VarveError) -> [UInt8] {
        let buffer = Buffer(capacity: max(count, 1))
        let range = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
        let found = try reportingErrors(as: .local) { () throws(SystemError) in
            try file.file.readFully(into: range, at: Int64(offset))
        }
        guard found == count else { throw VarveError(.local, "a temporary file was cut off by somebody") }
        return Array(range)
    }

    private func put(_ pack: Fetched, _ indexing: IndexCollector) throws(VarveError) {
        try cancellation.check()
        try session.repository.backend.put(ObjectName(.data, pack.record.id), from: pack.file)
        let (indexed, segments) = pack.record.indexed
        try session.index.chunks.add(indexed, segments)
        figures.withLock { figures in
            figures.packs += 1
            figures.packBytes += pack.record.size
        }
        try indexing.add(pack.record)
    }
}

/// Gathers packs that were put, and puts index objects of them as often as `format-spec/index.md` wants it.
private final class IndexCollector: Sendable {
    private static let packs = 8
    private static let seconds = 60.0

    private struct State {
        var records: [PackRecord] = []
        var directoryBytes = 0
        var last: Double
    }

    private let session: WriterSession
    private let state: Locked<State>

    init(_ session: WriterSession) {
        self.session = session
        state = Locked(State(last: session.repository.environment.clock.monotonicSeconds()))
    }

    func add(_ record: PackRecord) throws(VarveError) {
        let now = session.repository.environment.clock.monotonicSeconds()
        let due = state.withLock { state -> [PackRecord] in
            state.records.append(record)
            state.directoryBytes += record.directorySize
            guard
                state.records.count >= IndexCollector.packs || now >= state.last + IndexCollector.seconds
                    || state.directoryBytes >= PackPublisher.directoryBytesPerIndexObject
            else { return [] }
            return IndexCollector.take(&state, now)
        }
        try session.repository.putIndexObject(due, session: session.id)
    }

    func finish() throws(VarveError) {
        let rest = state.withLock { IndexCollector.take(&$0, $0.last) }
        try session.repository.putIndexObject(rest, session: session.id)
    }

    private static func take(_ state: inout State, _ now: Double) -> [PackRecord] {
        defer { state = State(last: now) }
        return state.records
    }
}
