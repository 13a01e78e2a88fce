import FileIO
import Primitives

/// A folder that is removed with the last reference.
package final class TemporaryFolder: Sendable {
    package let path: BytePath

    package init() throws {
        path = BytePath("/tmp/varve-test-" + Hex.encode(SystemRandom().bytes(8)))
        try path.makeDirectories()
    }

    deinit {
        if let parent = try? OpenFile.open(path.parent, .readOnly, .directory) {
            try? parent.removeTree(path.lastComponent)
        }
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
}
