import Chunking
import FileIO
import Primitives
import Threads

/// The source's side of the pipeline: reads content into buffers, cuts it into chunks, and hands over batches.
final class BatchFeeder {
    private let pool: BufferPool
    private let queue: BoundedQueue<SourceBatch>
    private let hashing: BatchHashing
    private let freshChunker: Chunker
    private var chunker: Chunker
    private var buffer: Buffer
    private var events: [SourceEvent] = []
    /// Where the open chunk begins in the buffer, and how far the buffer is filled.
    private var chunkStart = 0
    private var end = 0
    private let target: Int

    /// So many events make a batch, whatever their bytes: a million empty files must not pile up.
    private static let eventLimit = 2048

    /// - Parameters:
    ///   - pool: buffers with room for `target` bytes and the longest chunk.
    ///   - target: bytes after which a batch is handed over.
    init(
        pool: BufferPool, target: Int, queue: BoundedQueue<SourceBatch>, hashing: BatchHashing, chunker: Chunker
    ) throws(VarveError) {
        self.pool = pool
        self.queue = queue
        self.hashing = hashing
        self.target = target
        freshChunker = chunker
        self.chunker = chunker
        buffer = try pool.take()
    }

    func emit(_ event: SourceEvent) throws(VarveError) {
        events.append(event)
        if events.count >= BatchFeeder.eventLimit { try flush() }
    }

    /// Reads a content to its end.
    ///
    /// - Parameter read: fills a part of the room it is given; 0 at the end.
    /// - Returns: how many bytes there were, or why it could not be read; then the content counts as abandoned.
    /// - Throws: where the pipeline was ended.
    func feed(
        _ read: (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int
    ) throws(VarveError) -> Result<UInt64, SystemError> {
        var count: UInt64 = 0
        while true {
            if end >= target, chunkStart > 0 { try flush() }
            // No step is longer than the target, so that large chunks do not make every buffer full.
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[end..<min(end + target, buffer.capacity)])
            let step: Int
            do throws(SystemError) {
                step = try read(room)
            } catch {
                chunker = freshChunker
                chunkStart = end
                try emit(.abandonContent)
                return .failure(error)
            }
            if step == 0 { break }
            end += step
            count += UInt64(step)
            cut(isEnd: false)
        }
        cut(isEnd: true)
        return .success(count)
    }

    private func cut(isEnd: Bool) {
        while true {
            let open = UnsafeRawBufferPointer(rebasing: buffer.bytes[chunkStart..<end])
            guard let length = chunker.nextCut(in: open, isEndOfStream: isEnd) else { return }
            events.append(.chunk(chunkStart..<chunkStart + length))
            chunkStart += length
        }
    }

    /// Hands over what there is. The beginning of an open chunk moves on to the next buffer.
    private func flush() throws(VarveError) {
        let next = try pool.take()
        let tail = UnsafeRawBufferPointer(rebasing: buffer.bytes[chunkStart..<end])
        next.bytes.copyMemory(from: tail)
        try queue.push(hashing.batch(of: events, in: buffer))
        buffer = next
        events = []
        end = tail.count
        chunkStart = 0
    }

    /// Hands over the rest; nothing follows.
    func finish() throws(VarveError) {
        try queue.push(hashing.batch(of: events, in: buffer))
        queue.finish()
    }
}
