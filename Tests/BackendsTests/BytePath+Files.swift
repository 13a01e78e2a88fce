import FileIO

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
