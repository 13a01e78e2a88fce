import Chunking
import Packing
import Primitives
import Repositories
import Threads

/// The threads of a backup: for each source one that reads and chunks, and one that looks up and gathers; between them
/// those that hash, behind them the session's, which compress, seal and write.
final class Pipelines {
    private let session: WriterSession
    private let request: BackupRequest
    private let progress: Locked<BackupProgress>
    /// What the paths have at the top of the root tree.
    private(set) var pathEntries: [TreeEntry] = []
    /// The entry of each stream, in the order of the request.
    private(set) var streamEntries: [TreeEntry] = []

    /// Many streams side by side get smaller and fewer buffers each, so that memory stays bounded.
    private let buffersPerSource: Int
    private let batchTarget: Int
    private let reach: BaseSelector.Reach
    private let parentReader: ParentReader

    init(
        session: WriterSession, request: BackupRequest, parentReader: ParentReader, progress: Locked<BackupProgress>
    ) {
        self.session = session
        self.request = request
        self.progress = progress
        let sources = request.streams.count + (request.paths.isEmpty ? 0 : 1)
        self.parentReader = parentReader
        reach = sources <= 8 ? .standard : .short
        batchTarget = sources <= 8 ? 1 << 20 : 256 << 10
        // Enough that reading and hashing seldom wait for each other, and fewer where chunks are long.
        let size = batchTarget + session.repository.configuration.chunker.maximum
        buffersPerSource = sources <= 4 ? max(4, min(8, (12 << 20) / size)) : 3
    }

    /// Runs all sources to their ends.
    ///
    /// - Parameter parents: what stood in the place of the sources.
    func run(_ parents: ParentContent) throws(VarveError) {
        let maximum = session.repository.configuration.chunker.maximum
        let sources = request.streams.count + (request.paths.isEmpty ? 0 : 1)
        // As many are with the session as it has threads, and two that wait for one.
        let segments = OpenSegments.Buffers(
            sources: sources, capacity: PackLimits.segmentTarget + maximum, inFlight: request.width + 2,
            deltas: session.deltas)
        let cancellation = session.cancellation
        cancellation.whenCancelled { segments.fail($0) }

        let hashing = BatchHashing(hasher: session.repository.hasher, width: request.width)
        defer { hashing.finish() }
        var running: [Source] = []
        if !request.paths.isEmpty {
            running.append(
                try start(segments, hashing) { [request, session, progress] feeder throws(VarveError) in
                    try TreeWalk(request: request, session: session, feeder: feeder, progress: progress)
                        .run(parent: parents.root)
                    try feeder.finish()
                })
        }
        for (number, stream) in request.streams.enumerated() {
            let parent = parents.streams[number]
            running.append(
                try start(segments, hashing) { [request, session] feeder throws(VarveError) in
                    try StreamFeed(
                        request: stream, parent: parent, session: session, feeder: feeder,
                        environment: request.commandEnvironment, commandErrors: request.commandErrors
                    ).run()
                })
        }
        for source in running { for thread in source.threads { thread.join() } }
        try cancellation.check()
        var results = running.map { $0.entries.withLock { $0 } }
        if !request.paths.isEmpty { pathEntries = results.removeFirst() }
        streamEntries = results.flatMap { $0 }
    }

    private struct Source {
        let threads: [WorkerThread]
        let entries: Locked<[TreeEntry]>
    }

    /// Starts the two threads of a source.
    private func start(
        _ segments: OpenSegments.Buffers, _ hashing: BatchHashing,
        _ feed: @escaping @Sendable (BatchFeeder) throws(VarveError) -> Void
    ) throws(VarveError) -> Source {
        let chunker = session.repository.makeChunker()
        let maximum = session.repository.configuration.chunker.maximum
        // A buffer holds what is read until the target is reached, or until the open chunk must end.
        let batches = BufferPool(count: buffersPerSource, capacity: batchTarget + maximum)
        let queue = BoundedQueue<SourceBatch>(capacity: buffersPerSource)
        let cancellation = session.cancellation
        cancellation.whenCancelled { error in
            batches.fail(error)
            queue.fail(error)
        }
        let entries = Locked<[TreeEntry]>([])
        let target = batchTarget
        // Folders may lie deep below each other, and the walk goes down by calling itself.
        let reader = WorkerThread(name: "read", stackSize: 256 << 20) {
            do throws(VarveError) {
                let feeder = try BatchFeeder(
                    pool: batches, target: target, queue: queue, hashing: hashing, chunker: chunker)
                try feed(feeder)
            } catch {
                cancellation.cancel(error)
            }
        }
        let assembler = WorkerThread(name: "assemble") { [session, progress, parentReader, reach] in
            let assembler = SourceAssembler(
                session: session, batches: batches, buffers: segments, parentReader: parentReader, reach: reach,
                progress: progress)
            do throws(VarveError) {
                try assembler.run(queue)
                let found = assembler.rootEntries
                entries.withLock { $0 = found }
            } catch {
                cancellation.cancel(error)
            }
        }
        return Source(threads: [reader, assembler], entries: entries)
    }
}
