import Compressing
import FileIO
import Primitives
import Repositories
import Sourcing

/// A stream to back up.
package struct StreamRequest: Sendable {
    package enum Origin: Sendable {
        /// Bytes that somebody else provides, such as standard input.
        case file(OpenFile)
        /// The standard output of a shell command.
        case command(String)
    }

    /// The name in the snapshot; `/` separates folders.
    package let name: [UInt8]
    package let origin: Origin
    /// Whether a stream without bytes is no error.
    package let allowsEmpty: Bool

    package init(name: [UInt8], origin: Origin, allowsEmpty: Bool) {
        self.name = name
        self.origin = origin
        self.allowsEmpty = allowsEmpty
    }

    /// The parts of the name.
    var pathComponents: [[UInt8]] { name.split(separator: UInt8(ascii: "/")).map(Array.init) }
}

/// What goes into a snapshot, and how.
package struct BackupRequest: Sendable {
    package var paths: [BytePath] = []
    package var streams: [StreamRequest] = []
    package var tags: [String] = []
    package var host: String
    /// Which snapshot unchanged files are taken over from; `nil` for the newest of the same host, paths and streams.
    package var parent: Digest?
    /// Reads all files, changed or not.
    package var readsUnchanged = false
    package var excludes: [ExcludePatterns] = []
    /// The patterns as they were given, for the record.
    package var excludeTexts: [String] = []
    package var excludesCaches = false
    package var staysOnFileSystem = false
    package var compression = CompressionLevel.default
    /// The environment of commands, without secrets.
    package var commandEnvironment = ProcessEnvironment([:])
    /// Gets what commands write to standard error.
    package var commandErrors: (@Sendable ([UInt8]) -> Void)?
    /// Name and version of the program.
    package var program = "varve"
    /// What the process does, for people who look at sessions.
    package var commandText = "backup"
    /// How many threads compress.
    package var width = 2

    package init(host: String) { self.host = host }
}

/// What a backup came to.
package struct BackupResult: Sendable {
    package let snapshot: Snapshot
    package let parent: Snapshot?
    package let progress: BackupProgress
    package let stored: StoredFigures
    package let seconds: Double
}
