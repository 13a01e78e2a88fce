import FileIO
import Primitives

/// An entry of a folder (`format-spec/trees.md`).
package struct TreeEntry: Hashable, Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case file = 1
        case folder = 2
        case symbolicLink = 3
        case characterDevice = 4
        case blockDevice = 5
        case fifo = 6
        case socket = 7
        case stream = 8
    }

    /// Where the entries of a folder are.
    package struct Subtree: Hashable, Sendable {
        /// The topmost page or node.
        package let root: ChunkID
        package let level: UInt8
        package let entries: UInt64

        package init(root: ChunkID, level: UInt8, entries: UInt64) {
            self.root = root
            self.level = level
            self.entries = entries
        }
    }

    /// Which entries are one file.
    package struct HardLink: Hashable, Sendable {
        package let device: UInt64
        package let count: UInt64

        package init(device: UInt64, count: UInt64) {
            self.device = device
            self.count = count
        }
    }

    /// A file with holes: what stands where.
    package struct SparseExtents: Hashable, Sendable {
        /// Bytes of the whole file.
        package let size: UInt64
        /// The parts that hold data, in ascending order, not touching each other.
        package let extents: [Range<UInt64>]

        package init(size: UInt64, extents: [Range<UInt64>]) {
            self.size = size
            self.extents = extents
        }
    }

    package var kind: Kind
    package var name: [UInt8]
    /// The lower 12 bits of the mode.
    package var permissions: UInt32 = 0
    package var userID: UInt32 = 0
    package var userName: [UInt8] = []
    package var groupID: UInt32 = 0
    package var groupName: [UInt8] = []
    package var modified = FileTime(seconds: 0, nanoseconds: 0)
    package var changed = FileTime(seconds: 0, nanoseconds: 0)
    package var inode: UInt64 = 0
    /// Of files and streams.
    package var content: ContentReference?
    /// Of folders.
    package var subtree: Subtree?
    package var hardLink: HardLink?
    /// Of symbolic links.
    package var linkTarget: [UInt8]?
    package var attributes: [ExtendedAttribute] = []
    /// Of devices.
    package var device: DeviceNumber?
    /// Of streams.
    package var command: [UInt8]?
    package var exitStatus: UInt64?
    package var sparse: SparseExtents?
    /// Of files and streams: ranges of the content that were lost, and that a repair replaced by zeros; in ascending order.
    package var lostRanges: [Range<UInt64>] = []
    /// Of folders: how many entries were lost, and left out by a repair.
    package var lostEntries: UInt64 = 0

    package init(kind: Kind, name: [UInt8]) {
        self.kind = kind
        self.name = name
    }

    /// Bytes of the file or stream as it is read; 0 for other kinds.
    package var size: UInt64 { sparse?.size ?? content?.size ?? 0 }

    /// Whether a name may stand in a tree.
    package static func isValid(name: [UInt8]) -> Bool {
        (1...255).contains(name.count) && !name.contains(0) && !name.contains(UInt8(ascii: "/"))
            && name != Array(".".utf8) && name != Array("..".utf8)
    }
}
