import Hashing
import Primitives
import Threads

/// Hashes the chunks of batches on several threads, so that neither reading nor storing waits for one core's hashing.
final class BatchHashing: Sendable {
    private let hasher: ChunkHasher
    private let pool: WorkerPool

    /// - Parameter width: how many threads.
    init(hasher: ChunkHasher, width: Int) {
        self.hasher = hasher
        pool = WorkerPool(name: "hash", width: width, backlog: 2 * width)
    }

    /// A batch whose IDs are on their way.
    func batch(of events: [SourceEvent], in buffer: Buffer) -> SourceBatch {
        let ids = Promise<[ChunkID]>()
        pool.submit { [hasher] _ in
            var chunks: [UnsafeRawBufferPointer] = []
            for case .chunk(let range) in events {
                chunks.append(UnsafeRawBufferPointer(rebasing: buffer.bytes[range]))
            }
            ids.fulfil(.success(hasher.ids(of: chunks, as: .data)))
        }
        return SourceBatch(buffer: buffer, events: events, ids: ids)
    }

    /// Ends the threads; no batch may follow.
    func finish() { pool.finish() }
}
