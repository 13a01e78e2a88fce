import Repositories

/// What was copied so far, and how much there is.
package struct TransferFigures: Sendable, Equatable {
    package enum Phase: String, Sendable {
        case reading
        case comparing
        case copying
        case verifying
        case finishing
    }

    package var phase = Phase.reading
    /// Nodes of trees and lists that were gone through.
    package var nodes: UInt64 = 0
    /// Bytes to be read from the other place.
    package var plannedBytes: UInt64 = 0
    /// Bytes that were read of these.
    package var readBytes: UInt64 = 0
    /// Packs that were copied as they are, and their bytes.
    package var packs = 0
    package var packBytes: UInt64 = 0
    /// Segments of which something was sealed anew.
    package var segments = 0
    /// Packs made of such segments, and of single chunks, and their bytes.
    package var newPacks = 0
    package var newPackBytes: UInt64 = 0
    /// Bytes read back with `--verify`.
    package var verifiedBytes: UInt64 = 0

    package init() {}

    /// Counts what a session has stored that was not copied as it is.
    mutating func add(_ stored: StoredFigures) {
        newPacks += stored.packs
        newPackBytes += stored.storedBytes
    }
}
