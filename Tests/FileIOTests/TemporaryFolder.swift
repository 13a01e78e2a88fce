import FileIO
import Glibc
import Testing

/// A folder of its own for one test, removed with all that is in it at the end.
final class TemporaryFolder: Sendable {
    let path: BytePath
    let open: OpenFile

    init() throws {
        let base = try OpenFile.open("/tmp", .readOnly, .directory)
        let name = Array("varve-test-\(UInt64.random(in: 0 ... .max))".utf8)
        try base.makeDirectory(name)
        path = base.path.appending(name)
        open = try OpenFile.openAt(directory: base, name: name, .readOnly, .directory)
    }

    deinit {
        let base = try? OpenFile.open(path.parent, .readOnly, .directory)
        try? base?.removeTree(path.lastComponent)
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
