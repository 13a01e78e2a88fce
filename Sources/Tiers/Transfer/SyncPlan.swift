import Primitives
import Repositories

/// Which packs are copied as they are, and of which only the segments that are needed.
///
/// A pack that is copied whole costs its bytes twice: read and written. Segments cost theirs, a request each, and the directory of
/// their pack. Padding counts for nothing: what is sealed anew is padded too. So a pack of which all is needed always travels.
package struct SyncPlan: Sendable, Equatable {
    /// What is needed of a segment.
    package struct Segment: Sendable, Hashable {
        package let offset: UInt32
        package let sealedLength: UInt32
        package let rawLength: UInt32
        /// Raw bytes of the chunks that are needed.
        package let neededBytes: UInt64
        /// Whether it is a delta.
        package let hasBases: Bool

        package init(
            offset: UInt32, sealedLength: UInt32, rawLength: UInt32, neededBytes: UInt64, hasBases: Bool = false
        ) {
            self.offset = offset
            self.sealedLength = sealedLength
            self.rawLength = rawLength
            self.neededBytes = neededBytes
            self.hasBases = hasBases
        }

        /// Sealed bytes that the needed chunks will take, about. A delta is copied as it is, or what is needed of it stored plainly: about half.
        var storedBytes: UInt64 {
            if rawLength == 0 { return 0 }
            if hasBases, neededBytes < rawLength {
                let isKept = PartialDelta.pays(sealedLength: sealedLength, neededBytes: neededBytes)
                return isKept ? UInt64(sealedLength) : max(neededBytes / 2, 1)
            }
            return min(UInt64(sealedLength), UInt64(sealedLength) * neededBytes / UInt64(rawLength))
        }
    }

    /// A pack of the source in which something is needed.
    package struct Pack: Sendable, Hashable {
        package let id: Digest
        package let size: UInt64
        /// Whether it may be put at the destination under its name.
        package let canTravel: Bool
        /// In order of their offsets.
        package let segments: [Segment]

        package init(id: Digest, size: UInt64, canTravel: Bool, segments: [Segment]) {
            self.id = id
            self.size = size
            self.canTravel = canTravel
            self.segments = segments.sorted { $0.offset < $1.offset }
        }

        /// Bytes that are read where its segments are copied, without its directory.
        package var segmentBytes: UInt64 { segments.reduce(0) { $0 + UInt64($1.sealedLength) } }
        /// Bytes that its needed chunks will take, about.
        package var storedBytes: UInt64 { segments.reduce(0) { $0 + $1.storedBytes } }
    }

    /// What things cost, in bytes sent or received.
    package struct Costs: Sendable {
        /// What a request takes as long as.
        package var request: UInt64 = 128 << 10
        /// Bytes that one request reads of a pack at most.
        package var rangeLength: UInt64 = 8 << 20
        /// Target size of a pack at the destination.
        package var packSize: UInt64

        package init(packSize: UInt64) { self.packSize = max(packSize, 1) }

        /// Bytes that padding takes at most.
        private static let padding: UInt64 = 64 << 10
        /// Bytes that are read of the end of a pack, for its directory.
        private static let tail: UInt64 = 256 << 10

        func whole(_ pack: Pack) -> UInt64 {
            let requests = (pack.size + rangeLength - 1) / rangeLength + 1
            return 2 * (pack.size - min(pack.size, Costs.padding)) + requests * request
        }

        func segments(_ pack: Pack) -> UInt64 {
            // Of a pack that is filled, its share.
            let putting = request * pack.storedBytes / packSize
            let requests = (1 + UInt64(pack.segments.count)) * request + putting
            return pack.segmentBytes + pack.storedBytes + min(pack.size, Costs.tail) + requests
        }
    }

    /// Copied as they are, by their names.
    package let whole: [Pack]
    /// Of these the segments named are copied.
    package let partial: [Pack]

    package init(_ packs: [Pack], costs: Costs) {
        let ordered = packs.filter { !$0.segments.isEmpty }.sorted { $0.id < $1.id }
        let isWhole = ordered.map { $0.canTravel && costs.whole($0) <= costs.segments($0) }
        whole = zip(ordered, isWhole).filter(\.1).map(\.0)
        partial = zip(ordered, isWhole).filter { !$0.1 }.map(\.0)
    }

    /// Bytes of the packs that are copied as they are.
    package var wholeBytes: UInt64 { whole.reduce(0) { $0 + $1.size } }
    /// Bytes of the segments that are read for others.
    package var partialBytes: UInt64 { partial.reduce(0) { $0 + $1.segmentBytes } }
    /// Bytes that are stored, about.
    package var storedBytes: UInt64 { wholeBytes + partial.reduce(0) { $0 + $1.storedBytes } }
}
