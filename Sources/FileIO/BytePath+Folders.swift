import Glibc

extension BytePath {
    /// Makes a folder (mkdir), `permissions` less the umask; links on the way are followed.
    ///
    /// - Returns: whether it was made; `false` where the name exists.
    @discardableResult
    package func makeDirectory(permissions: UInt32 = 0o700) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try withCString { path throws(SystemError) in
                _ = try retrying("make the folder", display) { mkdir(path, permissions) }
            }
            FileChange.tell(.makeFolder(self))
            return true
        } catch  where error.errnoCode == EEXIST {
            return false
        }
    }

    /// Makes a folder and those above it that are missing.
    package func makeDirectories(permissions: UInt32 = 0o700) throws(SystemError) {
        do throws(SystemError) {
            try makeDirectory(permissions: permissions)
        } catch  where error.errnoCode == ENOENT && parent != self {
            try parent.makeDirectories(permissions: permissions)
            try makeDirectory(permissions: permissions)
        }
    }

    /// Removes a name that is no folder (unlink).
    package func removeFile() throws(SystemError) {
        try withCString { path throws(SystemError) in
            _ = try retrying("delete", display) { unlink(path) }
        }
        FileChange.tell(.remove(self))
    }

    /// The bytes that are free for this user on the file system of this path (statvfs).
    package func availableBytes() throws(SystemError) -> UInt64 {
        var space = statvfs()
        try withCString { path throws(SystemError) in
            _ = try retrying("examine the file system of", display) { statvfs(path, &space) }
        }
        let (bytes, overflow) = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
        return overflow ? .max : bytes
    }

    /// Makes the names in this folder durable (fsync).
    package func synchronizeDirectory() throws(SystemError) {
        try OpenFile.open(self, .readOnly, .directory).synchronizeDirectory()
    }
}

extension OpenFile {
    /// Waits for the exclusive advisory lock (flock), which is released with the descriptor.
    package func lockExclusively() throws(SystemError) {
        try perform("lock") { flock($0, LOCK_EX) }
    }
}
