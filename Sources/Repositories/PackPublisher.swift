import Backends
import Indexing
import Packing
import Primitives
import Threads

/// Puts finished packs, and index objects for them, on a thread of its own, so that waiting for the disk or the network holds up
/// nobody who compresses.
package final class PackPublisher: Sendable {
    /// Index objects are written at least every so many packs and so many seconds (`format-spec/index.md`).
    private static let packsPerIndexObject = 8
    private static let secondsPerIndexObject = 60.0
    /// And once their directories have so many bytes, which is far below the largest object of `index/`.
    package static let directoryBytesPerIndexObject = 32 << 20

    private struct State {
        var queue: [OpenPack.Finished] = []
        var isFinished = false
        var error: VarveError?
    }

    private enum Event {
        case pack(OpenPack.Finished)
        case end
    }

    private let repository: Repository
    private let session: Identifier
    private let index: LoadedIndex
    private let state = Monitored(State())
    private let thread = Locked<WorkerThread?>(nil)
    private let figures: Locked<StoredFigures>
    /// So many packs may wait before a worker does.
    private static let backlog = 2

    init(repository: Repository, session: Identifier, index: LoadedIndex, figures: Locked<StoredFigures>) {
        self.repository = repository
        self.session = session
        self.index = index
        self.figures = figures
        let thread = WorkerThread(name: "publish") { [self] in run() }
        self.thread.withLock { $0 = thread }
    }

    /// Hands over a finished pack; waits while too many are on their way.
    func publish(_ pack: OpenPack.Finished) throws(VarveError) {
        _ = try state.wait { state throws(VarveError) -> Bool? in
            if let error = state.error { throw error }
            guard state.queue.count < PackPublisher.backlog else { return nil }
            state.queue.append(pack)
            return true
        }
    }

    /// Waits until all packs are put and stand in index objects.
    func finish() throws(VarveError) {
        state.change { $0.isFinished = true }
        thread.withLock { thread in
            defer { thread = nil }
            return thread
        }?.join()
        if let error = state.change({ $0.error }) { throw error }
    }

    private func run() {
        var unindexed: [PackRecord] = []
        var directoryBytes = 0
        var lastIndexed = repository.environment.clock.monotonicSeconds()
        do throws(VarveError) {
            while true {
                let due = lastIndexed + PackPublisher.secondsPerIndexObject
                let wait = unindexed.isEmpty ? 3600 : max(0, due - repository.environment.clock.monotonicSeconds())
                let event = state.wait(atMost: wait) { state -> Event? in
                    if !state.queue.isEmpty { return .pack(state.queue.removeFirst()) }
                    return state.isFinished ? .end : nil
                }
                if case .pack(let pack) = event {
                    try put(pack)
                    unindexed.append(pack.record)
                    directoryBytes += pack.record.directorySize
                }
                let isDue = repository.environment.clock.monotonicSeconds() >= due
                let isEnd = if case .end = event { true } else { false }
                let isMuch =
                    unindexed.count >= PackPublisher.packsPerIndexObject
                    || directoryBytes >= PackPublisher.directoryBytesPerIndexObject
                if isMuch || isDue || isEnd {
                    try repository.putIndexObject(unindexed, session: session)
                    unindexed = []
                    directoryBytes = 0
                    lastIndexed = repository.environment.clock.monotonicSeconds()
                }
                if isEnd { return }
            }
        } catch {
            state.change { state in
                state.error = error
                state.queue = []
            }
        }
    }

    private func put(_ pack: OpenPack.Finished) throws(VarveError) {
        let record = pack.record
        guard !index.condemned.contains(record.id) else {
            throw VarveError(
                .storage, "a pack would get the name \(record.id.hex), which was condemned", isRetryable: true)
        }
        try repository.backend.put(ObjectName(.data, record.id), from: pack.file)
        let (indexed, segments) = record.indexed
        try index.chunks.add(indexed, segments)
        figures.withLock { figures in
            figures.packs += 1
            figures.storedBytes += record.size
        }
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
