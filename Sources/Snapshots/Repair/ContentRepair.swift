import Packing
import Primitives
import Threads

/// Builds lists anew in which zeros stand for what is lost.
struct ContentRepair {
    private let source: RepairSource
    private let cancellation: Cancellation
    /// List nodes below which nothing is lost.
    private var soundNodes: Set<ChunkID> = []
    private var zeroChunks: [UInt32: ChunkID] = [:]

    /// The longest chunk of zeros.
    private static let zeroLength: UInt64 = 1 << 20
    /// Beyond so many lost ranges an entry would be too large.
    private static let rangeLimit = 100_000

    init(_ source: RepairSource, cancellation: Cancellation) {
        self.source = source
        self.cancellation = cancellation
    }

    /// The content without what is lost, and which ranges these are; `nil` where nothing is.
    mutating func repair(
        _ content: ContentReference
    ) throws(VarveError) -> (content: ContentReference, lost: [Range<UInt64>])? {
        var lost: [Range<UInt64>] = []
        var builder = ListBuilder()
        switch content {
        case .empty: return nil
        case .chunk(let id, let size):
            if try source.has(id, length: size) { return nil }
            lost = [0..<size]
            try fill(size, &builder)
        case .list(let id, let height, let size, let chunks):
            let child = ListNode.Child(id: id, bytes: size, chunks: chunks)
            if try findLost(child, level: height - 1, at: 0, &lost) { return nil }
            lost = TreeRepair.union(lost)
            try rebuild(child, level: height - 1, into: &builder)
        }
        guard lost.count <= ContentRepair.rangeLimit else {
            throw VarveError(.damaged, "a content has lost \(lost.count) ranges, more than can be written down")
        }
        return (try builder.finish(source.storeList), lost)
    }

    /// Adds what is lost below a node to `lost`; says whether that is nothing.
    private mutating func findLost(
        _ child: ListNode.Child, level: UInt8, at offset: UInt64, _ lost: inout [Range<UInt64>]
    ) throws(VarveError) -> Bool {
        try cancellation.check()
        if soundNodes.contains(child.id) { return true }
        guard let node = try read(child, level: level) else {
            if child.bytes > 0 { lost.append(offset..<offset + child.bytes) }
            return false
        }
        var isSound = true
        var position = offset
        switch node {
        case .inner(_, let children):
            for child in children {
                if !(try findLost(child, level: level - 1, at: position, &lost)) { isSound = false }
                position += child.bytes
            }
        case .leaf(let chunks):
            for chunk in chunks {
                let end = position + UInt64(chunk.length)
                if !(try source.has(chunk.id, length: UInt64(chunk.length))) {
                    lost.append(position..<end)
                    isSound = false
                }
                position = end
            }
        }
        if isSound { soundNodes.insert(child.id) }
        return isSound
    }

    private mutating func rebuild(
        _ child: ListNode.Child, level: UInt8, into builder: inout ListBuilder
    ) throws(VarveError) {
        try cancellation.check()
        guard let node = try read(child, level: level) else { return try fill(child.bytes, &builder) }
        switch node {
        case .inner(_, let children):
            for child in children { try rebuild(child, level: level - 1, into: &builder) }
        case .leaf(let chunks):
            for chunk in chunks {
                if try source.has(chunk.id, length: UInt64(chunk.length)) {
                    try builder.append(chunk, source.storeList)
                } else {
                    try fill(UInt64(chunk.length), &builder)
                }
            }
        }
    }

    /// A list node; `nil` where it is lost.
    private func read(_ child: ListNode.Child, level: UInt8) throws(VarveError) -> ListNode? {
        do throws(VarveError) {
            return try ListNode.read(child, level: level, source.readList)
        } catch  where error.kind == .damaged {
            return nil
        }
    }

    private mutating func fill(_ count: UInt64, _ builder: inout ListBuilder) throws(VarveError) {
        var rest = count
        while rest > 0 {
            let length = UInt32(min(rest, ContentRepair.zeroLength))
            var id = zeroChunks[length]
            if id == nil { id = try source.store([UInt8](repeating: 0, count: Int(length)), .data) }
            guard let id else { return }
            zeroChunks[length] = id
            try builder.append(ChunkEntry(id: id, length: length), source.storeList)
            rest -= UInt64(length)
        }
    }
}
