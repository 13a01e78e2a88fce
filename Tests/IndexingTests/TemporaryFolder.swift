import FileIO

/// A folder of its own for one test, removed with all that is in it at the end.
final class TemporaryFolder: Sendable {
    let path: BytePath

    init() throws {
        path = BytePath("/tmp/varve-test-\(UInt64.random(in: 0 ... .max))")
        try path.makeDirectory()
    }

    deinit {
        let parent = try? OpenFile.open(path.parent, .readOnly, .directory)
        try? parent?.removeTree(path.lastComponent)
    }

    func names() throws -> [[UInt8]] {
        Array(try DirectoryListing(of: OpenFile.open(path, .readOnly, .directory)))
    }
}
