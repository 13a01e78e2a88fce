import FileIO
import Glibc
import Testing

/// A small file system in memory, on a folder of its own; unmounted at the end.
final class SmallFileSystem: Sendable {
    private let folder: TemporaryFolder
    var path: BytePath { folder.path }

    /// - Parameter size: in KiB.
    init(size: Int) throws {
        folder = try TemporaryFolder()
        try mount(0, "size=\(size)k")
    }

    func makeReadOnly() throws { try mount(UInt(MS_REMOUNT | MS_RDONLY), "") }

    private func mount(_ flags: UInt, _ options: String) throws {
        let status = path.display.withCString { Glibc.mount("varve-test", $0, "tmpfs", flags, options) }
        if status != 0 { throw SystemError(errnoCode: errno, operation: "mount", path: path.display) }
    }

    deinit { _ = path.display.withCString { umount2($0, Int32(MNT_DETACH)) } }

    /// Whether this process may mount: root may, unless it is shut in a container.
    static let isAllowed = (try? SmallFileSystem(size: 64)) != nil
}
