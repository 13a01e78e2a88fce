import Indexing

/// Which segments are worth reading with one request: those that lie near each other in a pack, where requests take their time.
package struct ReadGrouping: Sendable, Equatable {
    /// The most bytes between two segments that are read for nothing.
    let gap: UInt64
    /// The most bytes of a request, as long as it is for more than one segment.
    package let length: UInt64
    /// The most raw bytes of its segments.
    package var rawLength: UInt64 { 4 * length }

    /// Each segment for itself, as a near storage is best read.
    package static let none = ReadGrouping(gap: 0, length: 0)

    /// For a storage behind a network, where 128 KiB take about as long as a request does. Of many connections each asks for less, so
    /// that memory is bounded.
    package static func distant(connections: Int) -> ReadGrouping {
        ReadGrouping(gap: 128 << 10, length: UInt64(min(max((24 << 20) / max(connections, 1), 512 << 10), 4 << 20)))
    }

    /// A segment and where it lies.
    package struct Extent: Sendable, Equatable {
        let segment: SegmentKey
        let sealedLength: UInt32
        let rawLength: UInt32

        package init(segment: SegmentKey, sealedLength: UInt32, rawLength: UInt32) {
            self.segment = segment
            self.sealedLength = sealedLength
            self.rawLength = rawLength
        }

        package init(_ location: ChunkLocation) {
            self.init(
                segment: location.segment, sealedLength: location.sealedLength, rawLength: location.rawLength)
        }

        fileprivate var end: UInt64 { UInt64(segment.offset) + UInt64(sealedLength) }
    }

    /// Divides segments, in ascending order, into runs to be read together.
    package func groups(of extents: [Extent]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        var rawBytes: UInt64 = 0
        for (number, extent) in extents.enumerated() {
            rawBytes += UInt64(extent.rawLength)
            let belongs =
                number > start && rawBytes <= rawLength
                && isNear(extent, behind: extents[number - 1], from: extents[start])
            if number > start, !belongs {
                groups.append(start..<number)
                start = number
                rawBytes = UInt64(extent.rawLength)
            }
        }
        if start < extents.count { groups.append(start..<extents.count) }
        return groups
    }

    private func isNear(_ extent: Extent, behind last: Extent, from first: Extent) -> Bool {
        extent.segment.pack == first.segment.pack && UInt64(extent.segment.offset) <= last.end + gap
            && extent.end >= UInt64(first.segment.offset) && extent.end - UInt64(first.segment.offset) <= length
    }
}
