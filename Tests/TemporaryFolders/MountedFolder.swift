import FileIO
import Glibc

/// A file system of its own in memory, which only root can mount; unmounted with the last reference.
package final class MountedFolder: Sendable {
    package let path: BytePath
    private let parent: TemporaryFolder

    /// Whether this process may mount one: root may, unless it is shut in a container.
    package static let isAllowed = (try? MountedFolder(kibibytes: 64)) != nil

    /// - Parameter kibibytes: what fits into it.
    package convenience init(kibibytes: Int) throws {
        let parent = try TemporaryFolder()
        let path = parent.path.appending("mounted")
        try path.makeDirectories()
        try self.init(at: path, kibibytes: kibibytes, keeping: parent)
    }

    /// Mounts over a folder that is there.
    ///
    /// - Parameter parent: the folder that must outlast the mount.
    package init(at path: BytePath, kibibytes: Int, keeping parent: TemporaryFolder) throws {
        self.path = path
        self.parent = parent
        try MountedFolder.mount(path, 0, "size=\(kibibytes)k")
    }

    package func makeReadOnly() throws { try MountedFolder.mount(path, UInt(MS_REMOUNT | MS_RDONLY), "") }

    private static func mount(_ path: BytePath, _ flags: UInt, _ options: String) throws {
        guard Glibc.mount("varve-test", path.display, "tmpfs", flags, options) == 0 else {
            throw SystemError(errnoCode: errno, operation: "mount", path: path.display)
        }
    }

    deinit { umount2(path.display, Int32(MNT_DETACH)) }
}
