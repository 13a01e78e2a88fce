import Primitives

/// What a prune did, or would do.
package struct PruneReport: Sendable {
    /// What was decided last; `nil` where there was nothing to decide.
    package var plan: PrunePlan?
    /// Packs that an earlier prune condemned and left.
    package var leftPacks = 0
    /// Packs that were deleted, and their bytes.
    package var deletedPacks = 0
    package var deletedBytes: UInt64 = 0
    /// Packs that nothing needs and that the storage keeps for now, and their bytes: the next prune tries again.
    package var retainedPacks = 0
    package var retainedBytes: UInt64 = 0
    /// Packs that were written with what was needed of others, and their bytes.
    package var writtenPacks = 0
    package var writtenBytes: UInt64 = 0
    /// Packs that no index object named and that do now.
    package var adoptedPacks = 0
    /// Index objects that were replaced.
    package var replacedIndexObjects = 0
    /// Sessions that showed no sign of life and were ended.
    package var endedSessions = 0
    /// Snapshots that do not count, since their session had been ended, and were deleted.
    package var deletedSnapshots: Set<Digest> = []
    /// Packs that stay because they cannot be read and no index object names them.
    package var unreadablePacks = 0

    package init() {}
}

/// How far a prune has come.
package struct PruneProgress: Hashable, Sendable {
    package enum Phase: String, Hashable, Sendable {
        case reading = "reading the index"
        case marking = "reading snapshots"
        case waiting = "waiting for sessions"
        case copying = "copying what is needed"
        case deleting = "deleting packs"
    }

    package var phase = Phase.reading
    /// Tree and list nodes read.
    package var nodes: UInt64 = 0
    /// Bytes of packs that were gone through to copy what is needed, and of all of them.
    package var copiedBytes: UInt64 = 0
    package var bytesToCopy: UInt64 = 0
    /// Sessions waited for.
    package var sessions = 0

    package init() {}
}
