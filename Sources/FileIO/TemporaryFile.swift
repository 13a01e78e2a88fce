import CLinux
import Glibc
import Primitives
import Synchronization

/// A file under construction: invisible under a name of its own until ``commit(to:replacing:)`` puts it in place whole.
///
/// It holds an exclusive lock (flock), by which ``removeStale(in:)`` tells it from what a killed process left behind.
/// What is not committed is removed with the last reference.
package final class TemporaryFile: Sendable {
    package let file: OpenFile
    private let isOurs = Atomic(true)

    package var path: BytePath { file.path }

    private static let prefix = Array("tmp-".utf8)

    private init(_ file: OpenFile) { self.file = file }

    deinit { discard() }

    /// Creates an empty file with a random name in `folder`, open for reading and writing.
    ///
    /// - Parameter folder: on the same file system as where the file will go.
    /// - Parameter permissions: less the umask.
    package static func create(
        in folder: BytePath, permissions: UInt32 = 0o600, random: some RandomBytes = SystemRandom()
    ) throws(SystemError) -> TemporaryFile {
        while true {
            let path = folder.appending(prefix + Hex.encode(random.bytes(16)).utf8)
            let file = try OpenFile.open(path, .readWrite, [.create, .exclusive], permissions: permissions)
            // Whoever clears up may have seen the file before it was locked: then it is gone, or about to go.
            if try lock(file), try FileMetadata.read(of: file).linkCount > 0 { return TemporaryFile(file) }
        }
    }

    /// Writes the file to disk, gives it the name `target`, and writes that name to disk. This object is closed then.
    ///
    /// - Parameter isDurable: whether anything is waited for to be on disk; without, a crash of the machine may leave a torn
    ///   file under the name, or none.
    /// - Throws: `SystemError`, with `EEXIST` where `target` exists and is not to be replaced; the file is discarded then.
    package func commit(to target: BytePath, replacing: Bool, isDurable: Bool = true) throws(SystemError) {
        do throws(SystemError) {
            if isDurable { try file.synchronize() }
            if replacing { try rename(to: target) } else { try renameWithoutReplacing(to: target) }
        } catch {
            discard()
            throw error
        }
        isOurs.store(false, ordering: .releasing)
        if isDurable { try OpenFile.open(target.parent, .readOnly, .directory).synchronizeDirectory() }
        try file.close()
    }

    /// Gives the file a second name on the same file system, under which it stays; nothing is waited for to be on disk.
    ///
    /// - Throws: `SystemError`, with `EEXIST` where there is something of that name.
    package func addName(_ target: BytePath) throws(SystemError) {
        try withBoth(target) { link($0, $1) }
        FileChange.tell(.link(path, to: target))
    }

    /// Removes the file, unless it was committed.
    package func discard() {
        guard isOurs.exchange(false, ordering: .acquiringAndReleasing) else { return }
        try? path.removeFile()
    }

    private func rename(to target: BytePath) throws(SystemError) {
        try withBoth(target) { Glibc.rename($0, $1) }
        FileChange.tell(.rename(path, to: target))
    }

    private func renameWithoutReplacing(to target: BytePath) throws(SystemError) {
        do throws(SystemError) {
            try withBoth(target) { varve_rename_without_replacing(AT_FDCWD, $0, AT_FDCWD, $1) }
            FileChange.tell(.rename(path, to: target))
        } catch  where error.errnoCode == EINVAL || error.errnoCode == ENOSYS {
            // A file system without that call, such as NFS: a second name, which fails where there is one.
            try addName(target)
            discard()
        }
    }

    private func withBoth(
        _ target: BytePath, _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
    ) throws(SystemError) {
        try path.withCString { from throws(SystemError) in
            try target.withCString { to throws(SystemError) in
                _ = try retrying("put in place", target.display) { call(from, to) }
            }
        }
    }

    /// Removes the temporary files in `folder` on which no process holds the lock; returns how many.
    ///
    /// A file system without locks keeps them.
    @discardableResult
    package static func removeStale(in folder: BytePath) throws(SystemError) -> Int {
        let directory = try OpenFile.open(folder, .readOnly, .directory)
        var count = 0
        for name in try DirectoryListing(of: directory) where isTemporary(name) {
            guard
                let file = try? OpenFile.openAt(
                    directory: directory, name: name, .readWrite, [.noFollow, .nonBlocking]),
                (try? file.tryLockExclusively()) == true
            else { continue }
            // The name is removed under the lock, so that its creator, who locks next, sees that it is gone.
            if (try? directory.removeFile(name)) != nil { count += 1 }
        }
        return count
    }

    private static func isTemporary(_ name: [UInt8]) -> Bool {
        name.count == prefix.count + 32 && name.starts(with: prefix)
            && Hex.decode(String(decoding: name.dropFirst(prefix.count), as: UTF8.self)) != nil
    }

    /// Whether the file is locked as well as the file system can.
    private static func lock(_ file: OpenFile) throws(SystemError) -> Bool {
        do throws(SystemError) {
            return try file.tryLockExclusively()
        } catch  where [ENOLCK, ENOSYS, ENOTSUP, EINVAL].contains(error.errnoCode) {
            return true
        }
    }
}

/// Writes whole small files so that a crash leaves the old one or the new one, never a part.
package enum DurableWrite {
    /// Writes `bytes` under a temporary name in `temporaryFolder`, then puts the file at `path`; both reach the disk.
    ///
    /// - Throws: `SystemError`, with `EEXIST` where `path` exists and `replacing` is false.
    package static func create(
        path: BytePath, _ bytes: [UInt8], temporaryFolder: BytePath, replacing: Bool = false,
        permissions: UInt32 = 0o600
    ) throws(SystemError) {
        let temporary = try TemporaryFile.create(in: temporaryFolder, permissions: permissions)
        try temporary.file.write(bytes)
        try temporary.commit(to: path, replacing: replacing)
    }
}
