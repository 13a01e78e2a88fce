import CLinux
import Glibc

/// A moment of a file system: seconds since 1970, which may be negative, and nanoseconds after them, below 10⁹.
package struct FileTime: Hashable, Sendable, Comparable {
    package let seconds: Int64
    package let nanoseconds: UInt32

    package init(seconds: Int64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(_ time: timespec) { self.init(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec)) }

    var timespec: timespec { Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)) }

    package static func < (a: FileTime, b: FileTime) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }
}

/// The number of a device, in the two parts that `ls -l` shows.
package struct DeviceNumber: Hashable, Sendable {
    package let major: UInt32
    package let minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
}

/// What fstatat(2) says of an object of the file system.
package struct FileMetadata: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket
    }

    package let kind: Kind
    /// The lower 12 bits of the mode: permissions, setuid, setgid, sticky.
    package let permissions: UInt32
    package let userID: UInt32
    package let groupID: UInt32
    /// Bytes of a regular file, or of the text of a symbolic link.
    package let size: Int64
    /// When the content changed last (mtime).
    package let modified: FileTime
    /// When content or metadata changed last (ctime).
    package var changed: FileTime
    /// The file system that holds it.
    package var device: UInt64
    package var inode: UInt64
    package let linkCount: UInt64
    /// Which device a device file stands for; 0, 0 for other kinds.
    package let deviceNumber: DeviceNumber
    /// What the disk holds of it, in steps of 512 bytes; less than ``size`` where the file has holes.
    package let allocatedBytes: Int64

    /// The object at `path` itself, be it a symbolic link.
    package static func read(_ path: BytePath) throws(SystemError) -> FileMetadata {
        try read(in: AT_FDCWD, path.bytes, as: path.display)
    }

    /// The entry `name` of a folder itself, be it a symbolic link.
    package static func read(at directory: OpenFile, name: [UInt8]) throws(SystemError) -> FileMetadata {
        try directory.withDescriptor { descriptor throws(SystemError) in
            try read(in: descriptor, name, as: directory.path.appending(name).display)
        }
    }

    /// The open file.
    package static func read(of file: OpenFile) throws(SystemError) -> FileMetadata {
        var status = stat()
        try file.perform("examine") { fstat($0, &status) }
        return try FileMetadata(status, of: file.path.display)
    }

    private static func read(
        in directory: Int32, _ name: [UInt8], as path: @autoclosure () -> String
    ) throws(SystemError) -> FileMetadata {
        var status = stat()
        try withCString(name) { name throws(SystemError) in
            _ = try retrying("examine", path()) { fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) }
        }
        return try FileMetadata(status, of: path())
    }

    /// - Throws: `SystemError` with `ENOTSUP` for a kind that Linux does not document.
    private init(_ status: stat, of path: @autoclosure () -> String) throws(SystemError) {
        guard let kind = Kind(mode: status.st_mode) else {
            throw SystemError(errnoCode: ENOTSUP, operation: "tell the kind of", path: path())
        }
        self.kind = kind
        permissions = status.st_mode & 0o7777
        userID = status.st_uid
        groupID = status.st_gid
        size = Int64(status.st_size)
        modified = FileTime(status.st_mtim)
        changed = FileTime(status.st_ctim)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        linkCount = UInt64(status.st_nlink)
        deviceNumber = DeviceNumber(major: varve_major(status.st_rdev), minor: varve_minor(status.st_rdev))
        allocatedBytes = Int64(status.st_blocks) * 512
    }
}

extension FileMetadata.Kind {
    init?(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .regular
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symbolicLink
        case S_IFCHR: self = .characterDevice
        case S_IFBLK: self = .blockDevice
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        default: return nil
        }
    }

    /// The bits of the mode that say so.
    var modeBits: mode_t {
        switch self {
        case .regular: S_IFREG
        case .directory: S_IFDIR
        case .symbolicLink: S_IFLNK
        case .characterDevice: S_IFCHR
        case .blockDevice: S_IFBLK
        case .fifo: S_IFIFO
        case .socket: S_IFSOCK
        }
    }
}
