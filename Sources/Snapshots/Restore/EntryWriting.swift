import FileIO
import Primitives

/// Making entries of the file system what a tree says.
enum EntryWriting {
    /// Makes a link, device, FIFO or socket.
    static func makeSpecial(_ entry: TreeEntry, in folder: OpenFile) throws(SystemError) {
        switch entry.kind {
        case .symbolicLink: try folder.makeSymbolicLink(entry.name, to: entry.linkTarget ?? [])
        case .characterDevice, .blockDevice, .fifo, .socket:
            let kind: FileMetadata.Kind =
                switch entry.kind {
                case .characterDevice: .characterDevice
                case .blockDevice: .blockDevice
                case .fifo: .fifo
                default: .socket
                }
            try folder.makeSpecialFile(
                entry.name, kind, device: entry.device ?? DeviceNumber(major: 0, minor: 0), permissions: 0o600)
        case .file, .folder, .stream: break
        }
    }

    /// Sets owner (as root), attributes, permissions and times, in the order in which one does not undo the other.
    ///
    /// - Returns: what did not work, each as a clause.
    static func applyMetadata(
        _ entry: TreeEntry, in folder: OpenFile, accounts: AccountNames, isRoot: Bool
    ) -> [String] {
        var problems: [String] = []
        func attempt(_ body: () throws(SystemError) -> Void) {
            do throws(SystemError) { try body() } catch { problems.append(error.description) }
        }
        if isRoot {
            // Names come before numbers: on another machine the same user may have another number.
            let user = accounts.userID(of: String(decoding: entry.userName, as: UTF8.self)) ?? entry.userID
            let group = accounts.groupID(of: String(decoding: entry.groupName, as: UTF8.self)) ?? entry.groupID
            attempt { () throws(SystemError) in try folder.setOwner(of: entry.name, userID: user, groupID: group) }
        }
        if entry.kind != .stream {
            for failure in ExtendedAttributes.write(
                entry.attributes, at: folder, name: entry.name, removingOthers: true)
            {
                problems.append(
                    "the attribute \(ByteString.display(failure.name)) could not be set: \(failure.error.reason)")
            }
        }
        if entry.kind != .symbolicLink {
            attempt { () throws(SystemError) in try folder.setPermissions(of: entry.name, entry.permissions) }
        }
        attempt { () throws(SystemError) in try folder.setTimes(of: entry.name, modified: entry.modified) }
        return problems
    }

    /// Gives a file that is not whole a name that says so, or removes it where that name is taken; gives the name.
    static func setAside(_ name: [UInt8], in folder: OpenFile) -> [UInt8]? {
        let aside = name.prefix(240) + Array(".damaged".utf8)
        do throws(SystemError) {
            try folder.rename(name, to: folder, Array(aside), replacing: false)
            return Array(aside)
        } catch {
            try? folder.removeFile(name)
            return nil
        }
    }
}
