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
}

extension BytePath {
    func write(_ bytes: [UInt8]) throws {
        try OpenFile.open(self, .writeOnly, [.create, .truncate]).write(bytes)
    }

    /// The names in the folder.
    func names() throws -> [String] {
        try DirectoryListing(of: OpenFile.open(self, .readOnly, .directory)).map { String(decoding: $0, as: UTF8.self) }
    }

    var exists: Bool { (try? FileMetadata.read(self)) != nil }
}
