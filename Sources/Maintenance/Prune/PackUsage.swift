import Primitives

/// What of a pack is needed.
package struct PackUsage: Hashable, Sendable {
    package let id: Digest
    /// Bytes of the whole pack.
    package let size: UInt64
    package let isMetadata: Bool
    /// Stored bytes of the chunks that are needed and for which no other pack counts. Above 0 if there is such a chunk.
    package let usedBytes: UInt64
    /// Stored bytes of all other chunks. Above 0 if there is such a chunk.
    package let unusedBytes: UInt64
    /// Whether the session that made it may still be at work: what it needs is not known yet.
    package let isProtected: Bool

    package init(
        id: Digest, size: UInt64, isMetadata: Bool, usedBytes: UInt64, unusedBytes: UInt64, isProtected: Bool = false
    ) {
        self.id = id
        self.size = size
        self.isMetadata = isMetadata
        self.usedBytes = usedBytes
        self.unusedBytes = unusedBytes
        self.isProtected = isProtected
    }

    /// The part of its segments that is needed, from 0 to 1.
    var usedShare: Double {
        let all = Double(usedBytes) + Double(unusedBytes)
        return all > 0 ? Double(usedBytes) / all : 0
    }
}
