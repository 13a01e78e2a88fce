import Primitives

/// What changes come to.
package struct ChangeSummary: Hashable, Sendable {
    /// What one side has and the other has not, or has otherwise.
    package struct Side: Hashable, Sendable {
        /// Files and streams that only this side has.
        package var files: UInt64 = 0
        package var folders: UInt64 = 0
        package var others: UInt64 = 0
        /// Bytes on this side of files that only it has or that differ.
        package var bytes: UInt64 = 0

        package init() {}

        fileprivate mutating func count(_ entry: TreeEntry) {
            switch entry.kind {
            case .file, .stream: files += 1
            case .folder: folders += 1
            case .symbolicLink, .characterDevice, .blockDevice, .fifo, .socket: others += 1
            }
        }
    }

    package var added = Side()
    package var removed = Side()
    /// Files, streams, links and devices with another content.
    package var changedContents: UInt64 = 0
    /// Those with the same content and other metadata; folders among them.
    package var changedMetadata: UInt64 = 0
    package var changedTypes: UInt64 = 0

    package init() {}

    package mutating func add(_ change: TreeChange) {
        switch change.kind {
        case .added: if let entry = change.after { added.count(entry) }
        case .removed: if let entry = change.before { removed.count(entry) }
        case .content: changedContents += 1
        case .type: changedTypes += 1
        case .metadata:
            changedMetadata += 1
            return
        }
        // A tree may claim sizes of any sum; nothing but a figure depends on it.
        removed.bytes &+= change.before?.size ?? 0
        added.bytes &+= change.after?.size ?? 0
    }
}
