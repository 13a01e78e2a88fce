import FileIO
import Primitives
import Sourcing

/// What to do where something of the same name exists.
package enum OverwritePolicy: String, Sendable, CaseIterable {
    /// Leaves it alone.
    case never
    /// Leaves a file alone that has the size and the time of the one in the snapshot.
    case ifChanged = "if-changed"
    /// Leaves it alone where the one in the snapshot is not newer.
    case ifNewer = "if-newer"
    /// Makes it what the snapshot says, whatever it is.
    case always
}

/// What to restore, where to, and how.
package struct RestoreRequest: Sendable {
    package var snapshot: Snapshot
    /// Names from the root of the snapshot on; empty for all of it.
    package var path: [[UInt8]]
    package var target: BytePath
    /// `nil`: `ifChanged` where the target is new or empty, `never` elsewhere.
    package var overwrite: OverwritePolicy?
    /// Only what one of these selects; everything where it is `nil`.
    package var includes: ExcludePatterns?
    package var excludes: ExcludePatterns?
    /// Reads everything back and compares.
    package var verifies = false
    /// Leaves out runs of zeros, so that they become holes.
    package var makesSparse = false
    /// How many threads read and write content.
    package var width = 2

    package init(snapshot: Snapshot, path: [[UInt8]], target: BytePath) {
        self.snapshot = snapshot
        self.path = path
        self.target = target
    }
}

/// What a restore came to, so far or in the end.
package struct RestoreProgress: Sendable, Equatable {
    package var files: UInt64 = 0
    package var folders: UInt64 = 0
    package var others: UInt64 = 0
    /// Bytes of files that were written or found to be right.
    package var bytes: UInt64 = 0
    /// Bytes that were written.
    package var writtenBytes: UInt64 = 0
    /// Left alone because of the policy.
    package var skipped: UInt64 = 0
    package var verified: UInt64 = 0
    package var current = ""

    package init() {}
}

/// Something that could not be restored as it was.
package struct RestoreFailure: Sendable, Equatable {
    /// Where it would be, in display form.
    package let path: String
    package let problem: String
    /// Whether the repository is to blame, rather than the target.
    package let isDamage: Bool
}

package struct RestoreResult: Sendable {
    package let progress: RestoreProgress
    package let failures: [RestoreFailure]
    package let seconds: Double
}
