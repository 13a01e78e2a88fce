import Backends
import Indexing
import Packing
import Primitives
import Threads

/// Puts finished packs, and index objects for them, on threads of its own, so that waiting for the disk or the network holds up
/// nobody who compresses: as many packs at once as the storage is good for.
package final class PackPublisher: Sendable {
    /// An index object is written once the directories in it have so many bytes, far below the largest object of `index/`.
    package static let directoryBytesPerIndexObject = 32 << 20

    private struct State {
        var queue: PublishQueue<OpenPack.Finished>
        var error: VarveError?
    }

    private let repository: Repository
    private let session: Identifier
    private let index: LoadedIndex
    private let packCache: PackCache?
    private let state: Monitored<State>
    private let threads = Locked<[WorkerThread]>([])
    private let figures: Locked<StoredFigures>
    /// So many packs may wait before a worker does; each takes room among the temporary files.
    private static let backlog = 2

    /// - Parameter packCache: keeps the packs as well.
    init(
        repository: Repository, session: Identifier, index: LoadedIndex, packCache: PackCache?,
        figures: Locked<StoredFigures>
    ) {
        self.repository = repository
        self.packCache = packCache
        self.session = session
        self.index = index
        self.figures = figures
        state = Monitored(
            State(
                queue: PublishQueue(
                    directoryBytesPerIndexObject: PackPublisher.directoryBytesPerIndexObject,
                    now: repository.environment.clock.monotonicSeconds())))
        let threads = (0..<max(repository.backend.concurrency, 1)).map { number in
            WorkerThread(name: "publish-\(number)") { [self] in run() }
        }
        self.threads.withLock { $0 = threads }
    }

    /// Hands over a finished pack; waits while too many are on their way.
    func publish(_ pack: OpenPack.Finished) throws(VarveError) {
        _ = try state.wait { state throws(VarveError) -> Bool? in
            if let error = state.error { throw error }
            guard state.queue.waitingCount < PackPublisher.backlog else { return nil }
            state.queue.append(pack)
            return true
        }
    }

    /// Waits until all packs are put and stand in index objects.
    func finish() throws(VarveError) {
        state.change { $0.queue.finish() }
        let threads = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in threads { thread.join() }
        if let error = state.change({ $0.error }) { throw error }
    }

    private func run() {
        do throws(VarveError) {
            while true {
                switch nextWork() {
                case .put(let pack): try put(pack)
                case .index(let packs): try repository.putIndexObject(packs, session: session)
                case .end: return
                }
            }
        } catch {
            state.change { state in
                state.error = state.error ?? error
                state.queue.fail()
            }
        }
    }

    private func nextWork() -> PublishQueue<OpenPack.Finished>.Work {
        let clock = repository.environment.clock
        while true {
            let now = clock.monotonicSeconds()
            let seconds = state.change { $0.queue.secondsToWait(at: now) }
            let work = state.wait(atMost: seconds) { $0.queue.next(at: clock.monotonicSeconds()) }
            if let work { return work }
        }
    }

    private func put(_ pack: OpenPack.Finished) throws(VarveError) {
        let record = pack.record
        guard !index.condemned.contains(record.id) else {
            throw VarveError(
                .storage, "a pack would get the name \(record.id.hex), which was condemned", isRetryable: true)
        }
        packCache?.keep(record.id, size: record.size, in: pack.file)
        try repository.backend.put(ObjectName(.data, record.id), from: pack.file)
        let (indexed, segments) = record.indexed
        try index.chunks.add(indexed, segments)
        figures.withLock { figures in
            figures.packs += 1
            figures.storedBytes += record.size
        }
        state.change { $0.queue.hasPut(record) }
    }
}

extension Repository {
    /// Puts an index object for `packs`, if there are any, and keeps a copy for the next loading.
    package func putIndexObject(_ packs: [PackRecord], session: Identifier) throws(VarveError) {
        if packs.isEmpty { return }
        let plain = IndexObject(location: configuration.location, packs: packs).encoded
        _ = try writeObject(plain, type: .index, in: .index, session: session, keepingCopy: true)
    }
}
