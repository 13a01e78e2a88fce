import Primitives
import Snapshots

/// Which of the source's snapshots are copied, and why the others are not.
package struct SyncSelection: Sendable {
    /// Oldest first, each once.
    package private(set) var copied: [Snapshot] = []
    /// Those that the destination has, by whatever name.
    package private(set) var present: [Snapshot] = []
    /// Those that the destination had, and forgot on purpose.
    package private(set) var forgotten: [Snapshot] = []
    /// Those that the policy does not keep.
    package private(set) var notKept: [Snapshot] = []

    /// What the destination says of itself.
    package struct Destination: Sendable {
        /// The origins of the snapshots that it has.
        package var origins: Set<Digest>
        /// The originals that its forget records name.
        package var forgotten: Set<Digest>

        package init(origins: Set<Digest>, forgotten: Set<Digest>) {
            self.origins = origins
            self.forgotten = forgotten
        }
    }

    /// - Parameter snapshots: all of the source.
    /// - Throws: kinds `notFound` and `usage` where the request asks for what is not there.
    package init(
        _ request: SyncRequest, among snapshots: [Snapshot], _ destination: Destination, now: Timestamp
    ) throws(VarveError) {
        for snapshot in try keep(try SyncSelection.choose(request, among: snapshots), request, now) {
            if destination.origins.contains(snapshot.origin) {
                present.append(snapshot)
            } else if request.names.isEmpty, destination.forgotten.contains(snapshot.origin) {
                forgotten.append(snapshot)
            } else {
                copied.append(snapshot)
            }
        }
    }

    private static func choose(
        _ request: SyncRequest, among snapshots: [Snapshot]
    ) throws(VarveError) -> [Snapshot] {
        try ForgetPlan.checkTags(request.filter.tags, among: snapshots)
        var chosen: [Snapshot] = []
        if request.names.isEmpty {
            chosen = snapshots.filter { request.filter.matches($0.record) }
            if chosen.isEmpty, !request.filter.isEmpty {
                throw VarveError(.notFound, "no snapshot matches", advice: "`varve snapshots` shows what there is")
            }
        }
        for name in request.names { chosen.append(try snapshots.snapshot(named: name, request.filter)) }
        // Where a change of tags was broken off, a snapshot is there twice: the later one has the new tags.
        var latest: [Digest: Snapshot] = [:]
        for snapshot in chosen {
            let other = latest[snapshot.origin]
            if other == nil || snapshot.id != snapshot.origin { latest[snapshot.origin] = snapshot }
        }
        return latest.values.sortedByTime()
    }

    private mutating func keep(
        _ snapshots: [Snapshot], _ request: SyncRequest, _ now: Timestamp
    ) throws(VarveError) -> [Snapshot] {
        guard let policy = request.policy else { return snapshots }
        try ForgetPlan.checkTags(policy.tags.flatMap { $0 }, among: snapshots)
        let plan = try ForgetPlan(
            snapshots, policy, grouping: request.grouping, now: now, zone: request.zone, allowsEmptyGroup: true)
        notKept = plan.removed.sortedByTime()
        let dropped = Set(notKept.map(\.id))
        return snapshots.filter { !dropped.contains($0.id) }
    }

    /// Takes a snapshot out of those to be copied.
    mutating func take(_ snapshot: Snapshot) { copied.removeAll { $0.id == snapshot.id } }

    /// Leaves out what the destination has got or forgotten since.
    mutating func drop(_ destination: Destination, keepingForgotten: Bool) {
        present += copied.filter { destination.origins.contains($0.origin) }
        copied.removeAll { destination.origins.contains($0.origin) }
        if keepingForgotten { return }
        forgotten += copied.filter { destination.forgotten.contains($0.origin) }
        copied.removeAll { destination.forgotten.contains($0.origin) }
    }
}
