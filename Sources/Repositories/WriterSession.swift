import Backends
import Compressing
import Indexing
import Packing
import Primitives
import Threads

/// One attempt of a writer, from its anchor to its acknowledgement (`format-spec/ordering.md`, "Writers").
///
/// It gives new chunks to packs, and says which chunks need not be stored. It may write to several repositories of a family at once:
/// then a chunk is known if it is in all of them. All methods may be called from several threads.
package final class WriterSession: Sendable {
    package let id: Identifier
    /// The repositories that it writes to, at least one. Those that fail are left out from then on.
    package let tiers: [SessionTier]
    /// The repositories that could not be begun with, and why.
    package let unreachable: [(repository: Repository, error: VarveError)]
    /// Whether chunks that are given with bases may become deltas; nobody need look for bases where not.
    package let deltas: Bool
    /// Is cancelled when storing fails; whoever feeds the session stops then.
    package let cancellation: Cancellation

    private let store: SegmentStore
    /// Held while chunks are claimed in several indexes.
    private let claiming = Locked(false)
    private let nodes: Locked<[ChunkClass: NodeSegment]>
    private let nodeBuffers: BufferPool

    /// List or tree nodes on their way into a segment.
    private struct NodeSegment {
        var builder: SegmentBuilder
        var buffer: Buffer
        /// What stood in the place of its nodes.
        var bases: [ChunkID] = []
    }

    /// The most bytes of one node, and with the segment's target the size of a buffer for them.
    private static let nodeLimit = 8 << 20

    /// Begins a session: puts the anchor, reads what is usable, and adopts the packs of killed sessions.
    ///
    /// - Parameters:
    ///   - command: what the process does, for people who look at `locks/`.
    ///   - deltas: whether chunks that are given with bases are compressed against those.
    ///   - width: how many threads compress.
    package convenience init(
        _ repository: Repository, command: String, compression: CompressionLevel, deltas: DeltaPolicy = .auto,
        width: Int, cancellation: Cancellation
    ) throws(VarveError) {
        try self.init(
            [repository], command: command, compression: compression, deltas: deltas, width: width,
            cancellation: cancellation)
    }

    /// Begins a session at several repositories of one family.
    ///
    /// - Throws: where it can be begun at none of them, and kind `cancelled`.
    package init(
        _ repositories: [Repository], command: String, compression: CompressionLevel, deltas: DeltaPolicy = .auto,
        width: Int, cancellation: Cancellation
    ) throws(VarveError) {
        self.cancellation = cancellation
        id = Identifier(from: repositories[0].environment.random)
        var tiers: [SessionTier] = []
        var unreachable: [(repository: Repository, error: VarveError)] = []
        do throws(VarveError) {
            for repository in repositories {
                do throws(VarveError) {
                    tiers.append(try SessionTier(repository, session: id, command: command))
                } catch {
                    unreachable.append((repository, error))
                    try cancellation.check()
                }
            }
            guard !tiers.isEmpty else { throw unreachable[0].error }
            // Who wants nothing compressed wants no deltas.
            self.deltas = compression != .off && deltas.allowsDeltas(readingFrom: tiers[0].repository)
            store = try SegmentStore(
                tiers, session: id, compression: compression,
                bases: self.deltas ? BaseReader(tiers, policy: deltas) : nil, width: width, cancellation: cancellation)
        } catch {
            for tier in tiers { tier.close() }
            throw error
        }
        self.tiers = tiers
        self.unreachable = unreachable
        nodes = Locked([:])
        nodeBuffers = BufferPool(count: 4, capacity: PackLimits.segmentTarget + WriterSession.nodeLimit)
        cancellation.whenCancelled { [nodeBuffers] in nodeBuffers.fail($0) }
    }

    /// The tier that is read from.
    package var leading: SessionTier { tiers.first(where: \.isUp) ?? tiers[0] }
    package var repository: Repository { leading.repository }
    package var index: LoadedIndex { leading.index }
    package var reader: SegmentReader { leading.reader }

    package var figures: StoredFigures { store.figures.withLock { $0 } }

    // MARK: What is known

    /// Claims those of `ids` that are not known, to be stored by the caller (``ChunkIndex/claim(_:)``).
    package func claim(_ ids: [ChunkID]) -> [Int] {
        if tiers.count == 1 { return tiers[0].index.chunks.claim(ids) }
        // In all at once: so what one caller has claimed is known to the next, wherever it was missing.
        return claiming.withLock { _ in
            var places: Set<Int> = []
            for tier in tiers where tier.isUp { places.formUnion(tier.index.chunks.claim(ids)) }
            return places.sorted()
        }
    }

    /// Whether every one of `ids` has a usable copy wherever the session writes to, or is about to be stored.
    package func areKnown(_ ids: some Collection<ChunkID>) -> Bool {
        tiers.allSatisfy { !$0.isUp || $0.index.chunks.areKnown(ids) }
    }

    /// How far each of `ids` is good as a base, in every tier that is up.
    package func baseStanding(of ids: [ChunkID]) -> [BaseStanding] {
        var standing = [BaseStanding](repeating: .plain, count: ids.count)
        for tier in tiers where tier.isUp {
            for (place, copy) in tier.index.chunks.usableCopies(of: ids).enumerated() {
                standing[place] = min(standing[place], BaseStanding(copy))
            }
        }
        return standing
    }

    // MARK: Storing

    /// Stores a segment of chunks that were claimed.
    ///
    /// - Parameters:
    ///   - bases: the chunks that stood in their place in the parent, in stream order. They may come several times, be
    ///     deltas themselves, or not be there any more.
    ///   - release: is given the buffer back.
    package func submit(
        _ segment: SegmentBuilder, _ buffer: Buffer, bases: [ChunkID] = [],
        release: @escaping @Sendable (Buffer) -> Void
    ) {
        store.submit(segment, buffer, bases: deltas ? bases : [], release: release)
    }

    /// Stores a list or tree node unless it is known; gives its ID.
    ///
    /// - Parameter bases: the nodes that stood in its place in the parent, likewise.
    package func storeNode(
        _ bytes: [UInt8], as chunkClass: ChunkClass, bases: [ChunkID] = []
    ) throws(VarveError) -> ChunkID {
        precondition(chunkClass != .data && bytes.count <= WriterSession.nodeLimit)
        let id = bytes.withUnsafeBytes { repository.hasher.id(of: $0, as: chunkClass) }
        if claim([id]).isEmpty { return id }
        try append(bytes, ChunkEntry(id: id, length: UInt32(bytes.count)), chunkClass, bases: bases)
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

    private func append(
        _ bytes: [UInt8], _ entry: ChunkEntry, _ chunkClass: ChunkClass, bases: [ChunkID] = []
    ) throws(VarveError) {
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
            segment.bases += bases
            if segment.builder.isFull { return segment }
            nodes[chunkClass] = segment
            return nil
        }
        if let full { submit(full) }
    }

    private func submit(_ segment: NodeSegment) {
        submit(segment.builder, segment.buffer, bases: segment.bases) { [nodeBuffers] in nodeBuffers.put($0) }
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

    /// Runs `body`, which gives the session what is to be stored, and waits until that is durable and indexed. Where either fails, the
    /// session is ended.
    package func completeStoring<Result>(_ body: () throws(VarveError) -> Result) throws(VarveError) -> Result {
        do throws(VarveError) {
            let result = try body()
            try finishStoring()
            return result
        } catch {
            abandon()
            throw error
        }
    }

    /// Puts a snapshot where the session writes to one repository (``SessionTier/putSnapshot(_:)``).
    package func putSnapshot(_ plain: [UInt8]) throws(VarveError) -> (name: ObjectName, isAcknowledged: Bool) {
        try leading.putSnapshot(plain)
    }

    /// Ends the session. What a failed one has stored whole stays for the next.
    package func close() { for tier in tiers { tier.close() } }

    /// Ends a session that failed: publishes what is whole, then closes it.
    package func abandon() {
        nodes.withLock { $0 = [:] }
        try? store.finish()
        close()
    }
}

extension Repository {
    /// Adopts the packs that stand in no index object and are not condemned: a killed session left them.
    func adoptPacks(into index: LoadedIndex, session: Identifier) throws(VarveError) {
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
        try readPackRecords(index.unindexedPacks) { _, record throws(VarveError) in
            do throws(VarveError) {
                let record = try record.get()
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
