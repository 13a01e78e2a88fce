import Primitives

/// Gathers new chunks of one class, in stream order, until there are enough for a segment.
///
/// A value over memory that the caller owns: the caller copies the bytes of each chunk to ``count`` before it appends
/// the entry.
package struct SegmentBuilder: Sendable {
    package let chunkClass: ChunkClass
    package private(set) var chunks: [ChunkEntry] = []
    /// The raw bytes gathered so far.
    package private(set) var count = 0

    package init(chunkClass: ChunkClass) { self.chunkClass = chunkClass }

    package var isEmpty: Bool { chunks.isEmpty }

    /// Whether the segment should be ended now.
    package var isFull: Bool { count >= PackLimits.segmentTarget }

    package mutating func append(_ chunk: ChunkEntry) {
        chunks.append(chunk)
        count += Int(chunk.length)
    }
}
