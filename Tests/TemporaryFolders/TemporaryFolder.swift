import FileIO

/// A folder of its own for one test, removed with all that is in it when the last reference goes.
package final class TemporaryFolder: Sendable {
    package let path: BytePath

    package init() throws {
        path = BytePath("/tmp/varve-test-\(UInt64.random(in: 0 ... .max))")
        try path.makeDirectory()
    }

    deinit {
        let parent = try? OpenFile.open(path.parent, .readOnly, .directory)
        try? parent?.removeTree(path.lastComponent)
    }

    /// Writes a file below the folder, with the folders above it.
    package func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = path.appending(name)
        try file.parent.makeDirectories()
        try OpenFile.open(file, .writeOnly, [.create, .truncate], permissions: 0o644).write(bytes)
    }

    package func read(_ name: String) throws -> [UInt8] {
        try OpenFile.open(path.appending(name)).readAll(limit: 1 << 30)
    }

    package func exists(_ name: String) -> Bool { (try? FileMetadata.read(path.appending(name))) != nil }

    package func names() throws -> [[UInt8]] {
        Array(try DirectoryListing(of: OpenFile.open(path, .readOnly, .directory)))
    }
}
