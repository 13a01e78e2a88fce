import FileIO
import Glibc
import TemporaryFolders
import Testing

/// A temporary folder that is held open, in which names are bytes.
final class OpenFolder: Sendable {
    private let folder: TemporaryFolder
    let open: OpenFile
    var path: BytePath { folder.path }

    init() throws {
        folder = try TemporaryFolder()
        open = try OpenFile.open(folder.path, .readOnly, .directory)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: [UInt8], _ content: [UInt8] = []) throws -> BytePath {
        let file = try OpenFile.openAt(directory: open, name: name, .writeOnly, [.create, .truncate])
        try file.write(content)
        return path.appending(name)
    }

    func content(_ name: [UInt8]) throws -> [UInt8] {
        try OpenFile.openAt(directory: open, name: name).readAll(limit: 1 << 24)
    }

    func names() throws -> [[UInt8]] { Array(try DirectoryListing(of: open)) }
}

extension String {
    /// A name as the file system takes it.
    var bytes: [UInt8] { Array(utf8) }
}

/// The number of `errno` that `body` fails with; `nil` where it does not.
func errnoOf<R>(_ body: () throws -> R) -> Int32? {
    do {
        _ = try body()
        return nil
    } catch let error as SystemError {
        return error.errnoCode
    } catch {
        Issue.record(error)
        return nil
    }
}

let isRoot = geteuid() == 0
