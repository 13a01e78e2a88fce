import FileIO
import Primitives

/// What differs between two trees at one path.
package struct TreeChange: Hashable, Sendable {
    package enum Kind: Character, Sendable {
        case added = "+"
        case removed = "-"
        /// The bytes of a file or stream, what a link points to, or which device it is.
        case content = "M"
        /// Owner, permissions, time, extended attributes; of a stream its command.
        case metadata = "U"
        /// A file, say, was made a folder.
        case type = "T"
    }

    package let kind: Kind
    /// Names from the root of what is compared.
    package let path: [[UInt8]]
    /// `nil` for what was added.
    package let before: TreeEntry?
    /// `nil` for what was removed.
    package let after: TreeEntry?

    package init(_ kind: Kind, at path: [[UInt8]], before: TreeEntry?, after: TreeEntry?) {
        self.kind = kind
        self.path = path
        self.before = before
        self.after = after
    }

    /// How two entries of the same name differ, but for what lies below them; `nil` where they do not.
    package static func kind(_ before: TreeEntry, _ after: TreeEntry) -> Kind? {
        if before.kind != after.kind { return .type }
        let hasSameContent =
            before.content == after.content && before.sparse == after.sparse && before.linkTarget == after.linkTarget
            && before.device == after.device
        if !hasSameContent { return .content }
        return Metadata(before) == Metadata(after) ? nil : .metadata
    }

    /// What a restore would set: neither inode nor ctime.
    private struct Metadata: Equatable {
        let entry: TreeEntry

        init(_ entry: TreeEntry) {
            var entry = entry
            entry.changed = FileTime(seconds: 0, nanoseconds: 0)
            entry.inode = 0
            entry.subtree = nil
            entry.hardLink = nil
            self.entry = entry
        }
    }
}
