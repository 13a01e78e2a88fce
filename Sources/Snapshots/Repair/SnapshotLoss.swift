import Primitives

/// Something of a snapshot that can be had from nowhere.
package struct SnapshotLoss: Hashable, Sendable {
    package enum Extent: Hashable, Sendable {
        /// A range of the content of a file or stream.
        case bytes(Range<UInt64>)
        /// So many entries of a folder, with all below them.
        case entries(UInt64)
    }

    /// Where it was, from the root of the snapshot on, in display form.
    package let path: String
    package let extent: Extent

    package init(path: String, extent: Extent) {
        self.path = path
        self.extent = extent
    }

    package var lostBytes: UInt64 {
        if case .bytes(let range) = extent { UInt64(range.count) } else { 0 }
    }

    package var lostEntries: UInt64 {
        if case .entries(let count) = extent { count } else { 0 }
    }
}
