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
        var parent: ParentFolder?
    }

    private let session: WriterSession
    private let batches: BufferPool
    private let segments: OpenSegments
    private let parentReader: ParentReader
    private let reach: BaseSelector.Reach
    private let progress: Locked<BackupProgress>
    private var list = ListBuilder()
    private var folders: [OpenFolder] = []
    /// What stands at the top of the source.
    private(set) var rootEntries: [TreeEntry] = []
    /// What deltas had saved when that was last taken as a sign that bases are good.
    private var savedBytes: UInt64 = 0
    /// The parent's list of the open content.
    private var parentList: ParentList?
    /// Chunks of the open content for whose new ones bases are to be chosen.
    private var open: [(chunk: BaseSelector.Chunk, bytes: UnsafeRawBufferPointer)] = []

    /// - Parameters:
    ///   - buffers: for segments.
    ///   - reach: how much is held of each list of the parent.
    init(
        session: WriterSession, batches: BufferPool, buffers: OpenSegments.Buffers, parentReader: ParentReader,
        reach: BaseSelector.Reach, progress: Locked<BackupProgress>
    ) {
        self.session = session
        self.batches = batches
        segments = OpenSegments(session: session, buffers: buffers)
        self.parentReader = parentReader
        self.reach = reach
        self.progress = progress
    }

    /// Takes all batches from `queue`.
    func run(_ queue: BoundedQueue<SourceBatch>) throws(VarveError) {
        while let batch = try queue.pop() {
            try take(batch)
            batches.put(batch.buffer)
        }
        segments.finish()
    }

    private func take(_ batch: SourceBatch) throws(VarveError) {
        let ids = try batch.ids.value()
        var claimed = session.claim(ids)[...]
        var figures = BackupProgress()
        var position = 0
        for event in batch.events {
            switch event {
            case .beginContent(let parent):
                parentList = ParentList(parent, pieceTarget: pieceTarget, reach: reach)
            case .chunk(let range):
                let entry = ChunkEntry(id: ids[position], length: UInt32(range.count))
                let bytes = UnsafeRawBufferPointer(rebasing: batch.buffer.bytes[range])
                let isNew = claimed.first == position
                figures.bytes += UInt64(range.count)
                if isNew {
                    claimed.removeFirst()
                    figures.newBytes += UInt64(range.count)
                }
                if parentList != nil {
                    open.append((BaseSelector.Chunk(entry: entry, isNew: isNew), bytes))
                } else if isNew {
                    try segments.append([(entry, bytes)])
                }
                try list.append(entry, storeListNode)
                position += 1
            case .endContent(var entry):
                try storeOpen(isEnd: true)
                entry.content = try list.finish(storeListNode)
                parentList = nil
                figures.files += 1
                try append(entry)
            case .abandonContent:
                try storeOpen(isEnd: false)
                list = ListBuilder()
                parentList = nil
            case .entry(let entry):
                if entry.kind == .file {
                    figures.files += 1
                    figures.unchangedFiles += 1
                    figures.unchangedBytes += entry.size
                }
                try append(entry)
            case .enterFolder(let entry, let parent):
                folders.append(OpenFolder(entry: entry, parent: parent.map { ParentFolder($0) }))
            case .leaveFolder:
                guard var folder = folders.popLast() else { continue }
                figures.folders += 1
                var parent = folder.parent
                folder.entry.subtree = try folder.builder.finish { node throws(VarveError) in
                    try storeTreeNode(node, upTo: nil, &parent)
                }
                try append(folder.entry)
            }
        }
        try storeOpen(isEnd: false)
        progress.withLock { $0.add(figures) }
    }

    private func append(_ entry: TreeEntry) throws(VarveError) {
        guard var folder = folders.popLast() else {
            rootEntries.append(entry)
            return
        }
        var parent = folder.parent
        try folder.builder.append(entry) { node throws(VarveError) in
            try storeTreeNode(node, upTo: entry.name, &parent)
        }
        folder.parent = parent
        folders.append(folder)
    }

    // MARK: Chunks

    /// Bytes that deltas save while the selector's patience lasts, so that bases count as good.
    private static let worthwhileSaving: UInt64 = 4 << 20

    /// New chunks that get their bases together have as many bytes at most as one chunk may have, so that a segment's buffer has
    /// room for them.
    private var pieceTarget: Int { session.repository.configuration.chunker.maximum }

    /// Stores the new ones of the chunks that wait for their bases.
    private func storeOpen(isEnd: Bool) throws(VarveError) {
        defer { open.removeAll(keepingCapacity: true) }
        guard !open.isEmpty, var parent = parentList else { return }
        // One owner at a time: the list must not be copied when it goes on.
        parentList = nil
        let savedBytes = session.figures.savedBytes
        if savedBytes >= self.savedBytes + SourceAssembler.worthwhileSaving {
            self.savedBytes = savedBytes
            parent.confirmStep()
        }
        let pieces = try parentReader.attempt(.list) { read throws(VarveError) in
            try parent.choose(open.map(\.chunk), isEnd: isEnd, read)
        }
        guard let pieces else {
            for (chunk, bytes) in open where chunk.isNew { try segments.append([(chunk.entry, bytes)]) }
            return
        }
        parentList = parent
        for piece in pieces {
            try segments.append(piece.chunks.map { (open[$0].chunk.entry, open[$0].bytes) }, bases: piece.bases)
        }
    }

    // MARK: Nodes

    /// Nodes of fewer bytes cost less than to look for what stood in their place.
    private static let nodeMinimum = 4096

    private func storeListNode(_ node: [UInt8]) throws(VarveError) -> ChunkID {
        guard node.count >= SourceAssembler.nodeMinimum, let level = node.first else {
            return try session.storeNode(node, as: .list)
        }
        return try session.storeNode(node, as: .list, bases: parentList?.bases(ofNodeAt: Int(level)) ?? [])
    }

    /// Stores a node of a folder; `name` is that of the last entry in it, `nil` where the folder ends with it.
    private func storeTreeNode(
        _ node: [UInt8], upTo name: [UInt8]?, _ parent: inout ParentFolder?
    ) throws(VarveError) -> ChunkID {
        guard node.count >= SourceAssembler.nodeMinimum, let level = node.first, var known = parent else {
            return try session.storeNode(node, as: .tree)
        }
        parent = nil
        let bases = try parentReader.attempt(.tree) { read throws(VarveError) in
            try known.bases(ofNodeAt: level, upTo: name, read)
        }
        if bases != nil { parent = known }
        return try session.storeNode(node, as: .tree, bases: bases ?? [])
    }
}
