import FileIO
import Glibc
import Primitives

/// Makes tree entries of what the file system says.
struct EntryMetadata {
    private let accounts = AccountNames()
    /// What a status is taken for.
    private let view: @Sendable (FileMetadata) -> FileMetadata
    /// Extended attributes of one entry, in bytes; more are left out with a warning.
    private static let attributeLimit = 1 << 20

    init(view: @escaping @Sendable (FileMetadata) -> FileMetadata = { $0 }) { self.view = view }

    /// An entry with what a stat tells.
    func entry(_ name: [UInt8], _ status: FileMetadata) -> TreeEntry {
        let status = view(status)
        var entry = TreeEntry(kind: TreeEntry.Kind(status.kind), name: name)
        entry.permissions = status.permissions
        entry.userID = status.userID
        entry.userName = Array((accounts.userName(of: status.userID) ?? "").utf8)
        entry.groupID = status.groupID
        entry.groupName = Array((accounts.groupName(of: status.groupID) ?? "").utf8)
        entry.modified = status.modified
        entry.changed = status.changed
        entry.inode = status.inode
        entry.hardLink = EntryMetadata.hardLink(status)
        if status.kind == .characterDevice || status.kind == .blockDevice { entry.device = status.deviceNumber }
        return entry
    }

    /// What tells that an entry is one of several names of a file.
    func hardLink(_ status: FileMetadata) -> TreeEntry.HardLink? { EntryMetadata.hardLink(view(status)) }

    private static func hardLink(_ status: FileMetadata) -> TreeEntry.HardLink? {
        guard status.kind == .regular, status.linkCount > 1 else { return nil }
        return TreeEntry.HardLink(device: status.device, count: status.linkCount)
    }

    /// Gives an entry that is no file the user of this process as its owner.
    func setOwnerOfProcess(_ entry: inout TreeEntry) {
        entry.userID = geteuid()
        entry.userName = Array((accounts.userName(of: entry.userID) ?? "").utf8)
        entry.groupID = getegid()
        entry.groupName = Array((accounts.groupName(of: entry.groupID) ?? "").utf8)
    }

    /// Whether a file has the size, the times and the number that an entry says.
    func isUnchanged(_ status: FileMetadata, since entry: TreeEntry) -> Bool {
        let status = view(status)
        return entry.size == UInt64(status.size) && entry.modified == status.modified && entry.changed == status.changed
            && entry.inode == status.inode
    }

    /// Adds the extended attributes.
    ///
    /// - Returns: what the user should know.
    static func addAttributes(to entry: inout TreeEntry, in folder: OpenFile) -> [String] {
        do throws(SystemError) {
            let attributes = try ExtendedAttributes.read(at: folder, name: entry.name)
            let size = attributes.reduce(0) { $0 + $1.name.count + $1.value.count }
            guard size <= EntryMetadata.attributeLimit else {
                return ["its extended attributes take \(size) bytes and are left out"]
            }
            entry.attributes = attributes
            return []
        } catch {
            return ["its extended attributes cannot be read: \(error.reason)"]
        }
    }
}

extension TreeEntry.Kind {
    init(_ kind: FileMetadata.Kind) {
        self =
            switch kind {
            case .regular: .file
            case .directory: .folder
            case .symbolicLink: .symbolicLink
            case .characterDevice: .characterDevice
            case .blockDevice: .blockDevice
            case .fifo: .fifo
            case .socket: .socket
            }
    }
}
