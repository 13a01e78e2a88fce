import CLinux
import Glibc
import Synchronization

/// An open descriptor of a file, folder, pipe or device, closed with the last reference.
///
/// Calls on several threads are safe as far as the kernel makes them so: those with an offset are, those that move the
/// file's position share it. After ``close()`` every call throws `EBADF`.
package final class OpenFile: Sendable {
    /// What the descriptor is for.
    package enum Access: Sendable {
        case readOnly, writeOnly, readWrite
        /// Only names the object (`O_PATH`): needs no permission on it, opens a symbolic link or a device as itself.
        case nameOnly
    }

    /// Further flags of open(2). `O_CLOEXEC` and `O_NOCTTY` are always set.
    package struct Options: OptionSet, Sendable {
        package let rawValue: Int32
        package init(rawValue: Int32) { self.rawValue = rawValue }

        /// Creates the file where it is missing.
        package static let create = Options(rawValue: O_CREAT)
        /// With ``create``: fails with `EEXIST` where the name exists, be it a dangling link.
        package static let exclusive = Options(rawValue: O_EXCL)
        package static let append = Options(rawValue: O_APPEND)
        package static let truncate = Options(rawValue: O_TRUNC)
        /// Fails with `ELOOP` where the last name is a symbolic link.
        package static let noFollow = Options(rawValue: O_NOFOLLOW)
        /// Fails with `ENOTDIR` where it is not a folder.
        package static let directory = Options(rawValue: O_DIRECTORY)
        /// Reading leaves the access time alone; silently dropped where the file belongs to someone else.
        package static let noAccessTime = Options(rawValue: varve_O_NOATIME)
        /// Does not wait for the other end of a FIFO; without effect on regular files.
        package static let nonBlocking = Options(rawValue: O_NONBLOCK)
    }

    /// What it was opened as, for messages.
    package let path: BytePath
    private let number: Atomic<Int32>

    /// The descriptor, -1 once closed; valid while this object lives, so see ``withDescriptor(_:)``.
    package var descriptor: Int32 { number.load(ordering: .acquiring) }

    /// Takes over an open descriptor and closes it in the end.
    ///
    /// - Parameter path: a name for messages.
    package init(adopting descriptor: Int32, path: BytePath) {
        self.path = path
        number = Atomic(descriptor)
    }

    deinit {
        let descriptor = number.load(ordering: .acquiring)
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    /// Opens `path`, following links unless ``Options/noFollow`` is given.
    ///
    /// - Parameter permissions: of a file that this call creates, less the umask.
    package static func open(
        _ path: BytePath, _ access: Access = .readOnly, _ options: Options = [], permissions: UInt32 = 0o600
    ) throws(SystemError) -> OpenFile {
        try open(in: AT_FDCWD, path.bytes, as: path, access, options, permissions)
    }

    /// Opens the entry `name` of a folder; like ``open(_:_:_:permissions:)``.
    package static func openAt(
        directory: OpenFile, name: [UInt8], _ access: Access = .readOnly, _ options: Options = [],
        permissions: UInt32 = 0o600
    ) throws(SystemError) -> OpenFile {
        try directory.withDescriptor { descriptor throws(SystemError) in
            try open(in: descriptor, name, as: directory.path.appending(name), access, options, permissions)
        }
    }

    private static func open(
        in directory: Int32, _ name: [UInt8], as path: BytePath, _ access: Access, _ options: Options,
        _ permissions: UInt32
    ) throws(SystemError) -> OpenFile {
        let descriptor = try withCString(name) { name throws(SystemError) in
            let flags = access.flag | options.rawValue | O_CLOEXEC | O_NOCTTY
            do throws(SystemError) {
                return try retrying("open", path.display) { openat(directory, name, flags, permissions) }
            } catch  where error.errnoCode == EPERM && options.contains(.noAccessTime) {
                return try retrying("open", path.display) {
                    openat(directory, name, flags & ~varve_O_NOATIME, permissions)
                }
            }
        }
        if options.contains(.create) { FileChange.tell(.create(path)) }
        return OpenFile(adopting: descriptor, path: path)
    }

    /// Closes it now, so that an error that the file system kept back until then is seen.
    package func close() throws(SystemError) {
        let descriptor = number.exchange(-1, ordering: .acquiringAndReleasing)
        // Linux releases the descriptor even where close(2) is interrupted: closing again could hit a stranger's.
        if Glibc.close(descriptor) != 0, errno != EINTR { throw failure("close", errno) }
    }

    /// An error about this file.
    func failure(_ operation: String, _ code: Int32) -> SystemError {
        SystemError(errnoCode: code, operation: operation, path: path.display)
    }

    /// Lends the descriptor to `body`, keeping it open until `body` returns.
    @inline(__always)
    package func withDescriptor<R>(_ body: (Int32) throws(SystemError) -> R) throws(SystemError) -> R {
        // Without this the last use of the object is the reading of its number, and the optimizer may end it there.
        defer { withExtendedLifetime(self) {} }
        return try body(descriptor)
    }

    /// Repeats `call`, which gets the descriptor, while a signal interrupts it.
    @inline(__always)
    @discardableResult
    func perform<T: FixedWidthInteger>(
        _ operation: @autoclosure () -> String, _ call: (Int32) -> T
    ) throws(SystemError) -> T {
        try withDescriptor { descriptor throws(SystemError) in
            try retrying(operation(), path.display) { call(descriptor) }
        }
    }
}

extension OpenFile.Access {
    fileprivate var flag: Int32 {
        switch self {
        case .readOnly: O_RDONLY
        case .writeOnly: O_WRONLY
        case .readWrite: O_RDWR
        case .nameOnly: varve_O_PATH
        }
    }
}
