import Backends
import Compressing
import Indexing
import Packing
import Primitives
import Threads

/// One attempt of a writer, from its anchor to its acknowledgement (`format-spec/ordering.md`, "Writers").
///
/// It gives new chunks to packs, and says which chunks need not be stored. All methods may be called from several threads.
package final class WriterSession: Sendable {
    package let repository: Repository
    package let id: Identifier
    package let index: LoadedIndex
    package let reader: SegmentReader
    /// Is cancelled when storing fails; whoever feeds the session stops then.
    package let cancellation: Cancellation

    private let presence: SessionPresence
    private let store: SegmentStore
    private let nodes: Locked<[ChunkClass: NodeSegment]>
    private let nodeBuffers: BufferPool

    /// List or tree nodes on their way into a segment.
    private struct NodeSegment {
        var builder: SegmentBuilder
        var buffer: Buffer
    }

    /// The most bytes of one node, and with the segment's target the size of a buffer for them.
    private static let nodeLimit = 8 << 20

    /// Begins a session: puts the anchor, reads what is usable, and adopts the packs of killed sessions.
    ///
    /// - Parameters:
    ///   - command: what the process does, for people who look at `locks/`.
    ///   - width: how many threads compress.
    package init(
        _ repository: Repository, command: String, compression: CompressionLevel, width: Int,
        cancellation: Cancellation
    ) throws(VarveError) {
        self.repository = repository
        self.cancellation = cancellation
        let environment = repository.environment
        id = Identifier(from: environment.random)
        try repository.backend.prepareForWriting()
        presence = try SessionPresence(in: repository, session: id, command: command)
        do throws(VarveError) {
            index = try repository.loadIndex()
            if index.unreadable.isEmpty {
                try repository.adoptPacks(into: index, session: id)
            } else {
                environment.warn("the index cannot be read whole: this run stores everything anew; run `varve check`")
                index.chunks.setUsable(damagedSegments: []) { _ in false }
            }
            store = try SegmentStore(
                repository: repository, session: id, index: index, compression: compression, width: width,
                cancellation: cancellation)
        } catch {
            presence.end()
            throw error
        }
        reader = SegmentReader(repository: repository, index: index.chunks, cacheLimit: 16 << 20)
        nodes = Locked([:])
        nodeBuffers = BufferPool(count: 4, capacity: PackLimits.segmentTarget + WriterSession.nodeLimit)
        cancellation.whenCancelled { [nodeBuffers, cancellation] in
            nodeBuffers.fail(cancellation.error ?? VarveError(.cancelled, "the work was ended"))
        }
    }

    package var figures: StoredFigures { store.figures.withLock { $0 } }

    // MARK: Storing

    /// Stores a segment of chunks that were claimed.
    ///
    /// - Parameter release: is given the buffer back.
    package func submit(_ segment: SegmentBuilder, _ buffer: Buffer, release: @escaping @Sendable (Buffer) -> Void) {
        store.submit(segment, buffer, release: release)
    }

    /// Stores a list or tree node unless it is known; gives its ID.
    package func storeNode(_ bytes: [UInt8], as chunkClass: ChunkClass) throws(VarveError) -> ChunkID {
        precondition(chunkClass != .data && bytes.count <= WriterSession.nodeLimit)
        let id = bytes.withUnsafeBytes { repository.hasher.id(of: $0, as: chunkClass) }
        if index.chunks.claim([id]).isEmpty { return id }
        try append(bytes, ChunkEntry(id: id, length: UInt32(bytes.count)), chunkClass)
        return id
    }

    /// Stores a copy of a chunk that is not usable where it is; its ID must have been claimed.
    package func storeCopy(_ bytes: [UInt8], _ id: ChunkID, as chunkClass: ChunkClass) throws(VarveError) {
        try append(bytes, ChunkEntry(id: id, length: UInt32(bytes.count)), chunkClass)
    }

    /// Stores a segment as another pack of the family holds it, without compressing it again; its chunks must have been claimed.
    ///
    /// - Parameter stored: exactly its stored bytes.
    package func submit(copyOf segment: SegmentEntry, stored: Buffer) { store.submit(copyOf: segment, stored: stored) }

    private func append(_ bytes: [UInt8], _ entry: ChunkEntry, _ chunkClass: ChunkClass) throws(VarveError) {
        if bytes.count > WriterSession.nodeLimit {
            // A copy of a chunk that is larger than any node this program makes: a segment of its own.
            var segment = NodeSegment(
                builder: SegmentBuilder(chunkClass: chunkClass), buffer: Buffer(capacity: bytes.count))
            segment.buffer.bytes.copyBytes(from: bytes)
            segment.builder.append(entry)
            return store.submit(segment.builder, segment.buffer) { _ in }
        }
        let full = try nodes.withLock { nodes throws(VarveError) -> NodeSegment? in
            var segment: NodeSegment
            if let open = nodes.removeValue(forKey: chunkClass) {
                segment = open
            } else {
                segment = NodeSegment(builder: SegmentBuilder(chunkClass: chunkClass), buffer: try nodeBuffers.take())
            }
            UnsafeMutableRawBufferPointer(rebasing: segment.buffer.bytes[segment.builder.count...])
                .copyBytes(from: bytes)
            segment.builder.append(entry)
            if segment.builder.isFull { return segment }
            nodes[chunkClass] = segment
            return nil
        }
        if let full { submit(full) }
    }

    private func submit(_ segment: NodeSegment) {
        store.submit(segment.builder, segment.buffer) { [nodeBuffers] in nodeBuffers.put($0) }
    }

    // MARK: The end

    /// Waits until all that was stored is durable and indexed. Nothing can be stored afterwards.
    package func finishStoring() throws(VarveError) {
        let rest = nodes.withLock { nodes in
            defer { nodes = [:] }
            return Array(nodes.values)
        }
        for segment in rest { submit(segment) }
        do throws(VarveError) {
            try store.finish()
        } catch {
            throw cancellation.error ?? error
        }
        try cancellation.check()
    }

    /// Puts a snapshot and says whether it is acknowledged: whether the session's anchor is still in a listing.
    ///
    /// - Parameter plain: the JSON of the snapshot.
    package func putSnapshot(_ plain: [UInt8]) throws(VarveError) -> (name: ObjectName, isAcknowledged: Bool) {
        let name = try repository.writeObject(
            plain, type: .snapshot, in: .snapshots, session: id, keepingCopy: false)
        return (name, try presence.isListed())
    }

    /// Ends the session. What a failed one has stored whole stays for the next.
    package func close() { presence.end() }

    /// Ends a session that failed: publishes what is whole, then closes it.
    package func abandon() {
        nodes.withLock { $0 = [:] }
        try? store.finish()
        close()
    }
}

extension Repository {
    /// Adopts the packs that stand in no index object and are not condemned: a killed session left them.
    fileprivate func adoptPacks(into index: LoadedIndex, session: Identifier) throws(VarveError) {
        var adopted: [PackRecord] = []
        var directoryBytes = 0
        func publish() throws(VarveError) {
            try putIndexObject(adopted, session: session)
            for record in adopted {
                let (pack, segments) = record.indexed
                try index.chunks.add(pack, segments)
            }
            adopted = []
            directoryBytes = 0
        }
        for (id, size) in index.unindexedPacks {
            do throws(VarveError) {
                let record = try readPackRecord(id, size: size)
                adopted.append(record)
                directoryBytes += record.directorySize
            } catch  where error.kind == .damaged || error.kind == .unsupported || error.kind == .notFound {
                environment.warn("a pack that no index names cannot be adopted: \(error.problem)")
            }
            if adopted.count == 64 || directoryBytes >= PackPublisher.directoryBytesPerIndexObject { try publish() }
        }
        try publish()
        index.settleUsability()
    }
}
