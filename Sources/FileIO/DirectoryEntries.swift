import CLinux
import Glibc

/// What can be done to an entry of an open folder. Links are never followed, and names are single names:
/// what is empty, ".", "..", or holds a slash or a NUL is refused with `EINVAL`, whatever a repository says.
extension OpenFile {
    /// Creates a folder, `permissions` less the umask.
    package func makeDirectory(_ name: [UInt8], permissions: UInt32 = 0o700) throws(SystemError) {
        try change("create the folder", name) { mkdirat($0, $1, permissions) }
        FileChange.tell(.makeFolder(path.appending(name)))
    }

    /// Creates a symbolic link whose text is `target`.
    package func makeSymbolicLink(_ name: [UInt8], to target: [UInt8]) throws(SystemError) {
        _ = try withCString(target) { target throws(SystemError) in
            try change("create the link", name) { symlinkat(target, $0, $1) }
        }
    }

    /// The text of a symbolic link.
    package func readSymbolicLink(_ name: [UInt8]) throws(SystemError) -> [UInt8] {
        var capacity = 256
        while true {
            var text = [CChar](repeating: 0, count: capacity)
            let count = try change("read the link", name) { readlinkat($0, $1, &text, capacity) }
            if count < capacity { return text[..<count].map(UInt8.init(bitPattern:)) }
            capacity *= 2
        }
    }

    /// Creates a further name of an existing file; of a symbolic link itself, where it is one.
    package func makeHardLink(_ name: [UInt8], to source: OpenFile, _ sourceName: [UInt8]) throws(SystemError) {
        _ = try source.withName(sourceName) { there, from throws(SystemError) in
            try change("create the hard link", name) { linkat(there, from, $0, $1, 0) }
        }
        FileChange.tell(.link(source.path.appending(sourceName), to: path.appending(name)))
    }

    /// Creates a device, FIFO or socket; devices need privileges.
    package func makeSpecialFile(
        _ name: [UInt8], _ kind: FileMetadata.Kind, device: DeviceNumber = DeviceNumber(major: 0, minor: 0),
        permissions: UInt32 = 0o600
    ) throws(SystemError) {
        let number = varve_makedev(device.major, device.minor)
        try change("create the special file", name) {
            mknodat($0, $1, kind.modeBits | permissions, number)
        }
    }

    /// Creates an empty file that did not exist, open for reading and writing.
    package func createFile(_ name: [UInt8], permissions: UInt32 = 0o600) throws(SystemError) -> OpenFile {
        try checkName(name)
        return try OpenFile.openAt(
            directory: self, name: name, .readWrite, [.create, .exclusive, .noFollow], permissions: permissions)
    }

    /// Opens an existing entry; a FIFO does not block, and a symbolic link opens only with ``Access/nameOnly``, as itself.
    package func openExisting(
        _ name: [UInt8], _ access: Access = .readOnly, _ options: Options = []
    ) throws(SystemError) -> OpenFile {
        try checkName(name)
        return try OpenFile.openAt(directory: self, name: name, access, options.union([.noFollow, .nonBlocking]))
    }

    /// Removes an entry that is no folder.
    package func removeFile(_ name: [UInt8]) throws(SystemError) {
        try change("remove", name) { unlinkat($0, $1, 0) }
        FileChange.tell(.remove(path.appending(name)))
    }

    /// Removes an empty folder.
    package func removeDirectory(_ name: [UInt8]) throws(SystemError) {
        try change("remove the folder", name) { unlinkat($0, $1, AT_REMOVEDIR) }
        FileChange.tell(.remove(path.appending(name)))
    }

    /// Removes an entry with all that is in it; holds one descriptor open for each level of folders.
    package func removeTree(_ name: [UInt8]) throws(SystemError) {
        do throws(SystemError) {
            return try removeFile(name)
        } catch  where error.errnoCode == EISDIR {
            let folder = try openExisting(name, .readOnly, .directory)
            for child in try DirectoryListing(of: folder) { try folder.removeTree(child) }
            try removeDirectory(name)
        }
    }

    /// Gives an entry another name, on the same file system.
    package func rename(
        _ name: [UInt8], to folder: OpenFile, _ newName: [UInt8], replacing: Bool
    ) throws(SystemError) {
        _ = try folder.withName(newName) { there, to throws(SystemError) in
            try change("rename", name) {
                replacing
                    ? renameat($0, $1, there, to)
                    : varve_rename_without_replacing($0, $1, there, to)
            }
        }
        FileChange.tell(.rename(path.appending(name), to: folder.path.appending(newName)))
    }

    /// Sets the times of an entry; the access time stays where none is given.
    package func setTimes(
        of name: [UInt8], modified: FileTime, accessed: FileTime? = nil
    ) throws(SystemError) {
        let unchanged = timespec(tv_sec: 0, tv_nsec: varve_UTIME_OMIT)
        let times = [accessed?.timespec ?? unchanged, modified.timespec]
        try change("set the times of", name) { utimensat($0, $1, times, AT_SYMLINK_NOFOLLOW) }
    }

    /// Sets the owner of an entry. The kernel takes away setuid, setgid and file capabilities: set those afterwards.
    package func setOwner(of name: [UInt8], userID: UInt32, groupID: UInt32) throws(SystemError) {
        try change("set the owner of", name) {
            fchownat($0, $1, userID, groupID, AT_SYMLINK_NOFOLLOW)
        }
    }

    /// Sets the permissions (07777) of an entry.
    ///
    /// - Throws: `SystemError` with `ENOTSUP` for a symbolic link, which has none.
    package func setPermissions(of name: [UInt8], _ permissions: UInt32) throws(SystemError) {
        // glibc goes through /proc/self/fd of an `O_PATH` descriptor here, so that a link put there is not followed.
        try change("set the permissions of", name) {
            fchmodat($0, $1, permissions, AT_SYMLINK_NOFOLLOW)
        }
    }

    /// Sets the permissions (07777) of this open file.
    package func setPermissions(_ permissions: UInt32) throws(SystemError) {
        try perform("set the permissions of") { fchmod($0, permissions) }
    }

    @discardableResult
    private func change<T: FixedWidthInteger>(
        _ operation: String, _ name: [UInt8], _ call: (Int32, UnsafePointer<CChar>) -> T
    ) throws(SystemError) -> T {
        try withName(name) { descriptor, pointer throws(SystemError) in
            try retrying(operation, path.appending(name).display) { call(descriptor, pointer) }
        }
    }

    private func withName<R>(
        _ name: [UInt8], _ body: (Int32, UnsafePointer<CChar>) throws(SystemError) -> R
    ) throws(SystemError) -> R {
        try checkName(name)
        return try withDescriptor { descriptor throws(SystemError) in
            try withCString(name) { pointer throws(SystemError) in try body(descriptor, pointer) }
        }
    }

    private func checkName(_ name: [UInt8]) throws(SystemError) {
        let dot = UInt8(ascii: ".")
        if name.isEmpty || name == [dot] || name == [dot, dot] || name.contains(UInt8(ascii: "/")) {
            throw SystemError(errnoCode: EINVAL, operation: "use the name", path: path.appending(name).display)
        }
    }
}
