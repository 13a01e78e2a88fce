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
    /// The time of the snapshot; `nil` for that at which the backup begins.
    package var time: Timestamp?
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
    /// Whether what changed is compressed against what stood in its place in the parent.
    package var deltas = DeltaPolicy.auto
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

/// What a backup came to at one of the repositories that it wrote to.
package struct BackupTier: Sendable {
    package let location: String
    /// What was put there: the snapshot, or why there is none.
    package let outcome: Result<Snapshot, VarveError>

    package init(location: String, outcome: Result<Snapshot, VarveError>) {
        self.location = location
        self.outcome = outcome
    }

    /// Why there is no snapshot.
    package var failure: VarveError? { if case .failure(let error) = outcome { error } else { nil } }
}

/// What a backup came to.
package struct BackupResult: Sendable {
    /// The snapshot in the first repository that has one; those in others are copies of it.
    package let snapshot: Snapshot
    package let parent: Snapshot?
    /// All repositories that it was to be written to, in the order of the request.
    package let tiers: [BackupTier]
    package let progress: BackupProgress
    package let stored: StoredFigures
    package let seconds: Double
}
