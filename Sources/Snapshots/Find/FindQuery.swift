import FileIO
import Primitives
import Sourcing

/// What to look for in snapshots.
package struct FindQuery: Sendable {
    /// Which paths; what lies in a folder that they choose is chosen too.
    package var patterns: ExcludePatterns
    /// Which kinds of entries; `nil` for all.
    package var kinds: Set<TreeEntry.Kind>?
    /// Only what was modified at this time or later.
    package var newer: Timestamp?
    /// Only what was modified before this time.
    package var older: Timestamp?

    package init(
        _ patterns: ExcludePatterns, kinds: Set<TreeEntry.Kind>? = nil, newer: Timestamp? = nil,
        older: Timestamp? = nil
    ) {
        self.patterns = patterns
        self.kinds = kinds
        self.newer = newer
        self.older = older
    }

    /// Whether an entry is meant whose path the patterns choose.
    package func accepts(_ entry: TreeEntry) -> Bool {
        let time = Timestamp(seconds: entry.modified.seconds, nanoseconds: entry.modified.nanoseconds)
        return (kinds?.contains(entry.kind) ?? true) && (newer.map { time >= $0 } ?? true)
            && (older.map { time < $0 } ?? true)
    }
}
