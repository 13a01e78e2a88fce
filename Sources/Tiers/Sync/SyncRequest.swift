import Primitives
import Snapshots

/// Which snapshots shall be copied to another place, and how.
package struct SyncRequest: Sendable {
    /// Names at the source, beginnings of them, or `latest`; none for all that the filter matches. What is named is copied even
    /// if the destination forgot it.
    package var names: [String] = []
    package var filter = SnapshotFilter()
    /// Of those that match only what it keeps is copied.
    package var policy: RetentionPolicy?
    package var grouping = SnapshotGrouping.standard
    package var zone = CalendarZone.system
    /// Whether what was put is read back before a snapshot says that it is there.
    package var verifies = false

    package init() {}
}
