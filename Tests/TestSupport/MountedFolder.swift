import FileIO
import Glibc
import Primitives

/// A file system of its own in memory, which only root can mount; unmounted with the last reference.
package final class MountedFolder: Sendable {
    package let path: BytePath
    private let parent: TemporaryFolder

    /// Whether this process may mount one.
    package static let isAllowed: Bool = {
        guard geteuid() == 0 else { return false }
        return (try? MountedFolder(kibibytes: 64)) != nil
    }()

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
        guard mount("tmpfs", path.display, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
            throw VarveError(.local, "cannot mount: error \(errno)")
        }
    }

    deinit { umount2(path.display, Int32(MNT_DETACH)) }
}
