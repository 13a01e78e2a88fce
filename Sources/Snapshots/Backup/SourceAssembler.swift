import Packing
import Primitives
import Repositories
import Threads

/// The repository's side of the pipeline: takes the batches of one source in order, gives new chunks to segments, and
/// builds lists and trees.
final class SourceAssembler {
    private struct OpenFolder {
        var entry: TreeEntry
        var builder = TreeBuilder()
    }

    private let session: WriterSession
    private let batches: BufferPool
    private let segments: BufferPool
    private let progress: Locked<BackupProgress>
    private var list = ListBuilder()
    private var folders: [OpenFolder] = []
    /// What stands at the top of the source.
    private(set) var rootEntries: [TreeEntry] = []
    private var segment = SegmentBuilder(chunkClass: .data)
    private var segmentBuffer: Buffer?

    init(
        session: WriterSession, batches: BufferPool, segments: BufferPool, progress: Locked<BackupProgress>
    ) {
        self.session = session
        self.batches = batches
        self.segments = segments
        self.progress = progress
    }

    /// Takes all batches from `queue`.
    func run(_ queue: BoundedQueue<SourceBatch>) throws(VarveError) {
        while let batch = try queue.pop() {
            try take(batch)
            batches.put(batch.buffer)
        }
        if !segment.isEmpty { submitSegment() }
    }

    private func take(_ batch: SourceBatch) throws(VarveError) {
        let ids = try batch.ids.value()
        var claimed = session.claim(ids)[...]
        var figures = BackupProgress()
        var position = 0
        let storeList: ListBuilder.StoreNode = { [session] node throws(VarveError) in
            try session.storeNode(node, as: .list)
        }
        for event in batch.events {
            switch event {
            case .chunk(let range):
                let entry = ChunkEntry(id: ids[position], length: UInt32(range.count))
                figures.bytes += UInt64(range.count)
                if claimed.first == position {
                    claimed.removeFirst()
                    figures.newBytes += UInt64(range.count)
                    try store(entry, UnsafeRawBufferPointer(rebasing: batch.buffer.bytes[range]))
                }
                try list.append(entry, storeList)
                position += 1
            case .endContent(var entry):
                entry.content = try list.finish(storeList)
                figures.files += 1
                try append(entry)
            case .abandonContent: list = ListBuilder()
            case .entry(let entry):
                if entry.kind == .file {
                    figures.files += 1
                    figures.unchangedFiles += 1
                    figures.unchangedBytes += entry.size
                }
                try append(entry)
            case .enterFolder(let entry): folders.append(OpenFolder(entry: entry))
            case .leaveFolder:
                guard var folder = folders.popLast() else { continue }
                figures.folders += 1
                folder.entry.subtree = try folder.builder.finish { [session] node throws(VarveError) in
                    try session.storeNode(node, as: .tree)
                }
                try append(folder.entry)
            }
        }
        progress.withLock { $0.add(figures) }
    }

    private func append(_ entry: TreeEntry) throws(VarveError) {
        if folders.isEmpty {
            rootEntries.append(entry)
        } else {
            try folders[folders.count - 1].builder.append(entry) { [session] node throws(VarveError) in
                try session.storeNode(node, as: .tree)
            }
        }
    }

    private func store(_ entry: ChunkEntry, _ bytes: UnsafeRawBufferPointer) throws(VarveError) {
        let buffer: Buffer
        if let open = segmentBuffer { buffer = open } else { buffer = try segments.take() }
        segmentBuffer = buffer
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[segment.count...]).copyMemory(from: bytes)
        segment.append(entry)
        if segment.isFull { submitSegment() }
    }

    private func submitSegment() {
        guard let buffer = segmentBuffer else { return }
        session.submit(segment, buffer) { [segments] in segments.put($0) }
        segment = SegmentBuilder(chunkClass: .data)
        segmentBuffer = nil
    }
}
