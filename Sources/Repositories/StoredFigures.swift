/// How much a session has stored so far.
package struct StoredFigures: Sendable, Equatable {
    /// Packs put.
    package var packs = 0
    /// Their bytes.
    package var storedBytes: UInt64 = 0
    /// Segments that were compressed against older chunks.
    package var deltaSegments = 0
    /// Their raw bytes.
    package var deltaRawBytes: UInt64 = 0
    /// Their stored bytes.
    package var deltaStoredBytes: UInt64 = 0
    /// How many bytes less these are than plain copies would have taken, as far as that is known without making them.
    package var savedBytes: UInt64 = 0

    package init() {}

    package static func += (sum: inout StoredFigures, other: StoredFigures) {
        sum.packs += other.packs
        sum.storedBytes += other.storedBytes
        sum.deltaSegments += other.deltaSegments
        sum.deltaRawBytes += other.deltaRawBytes
        sum.deltaStoredBytes += other.deltaStoredBytes
        sum.savedBytes += other.savedBytes
    }
}
