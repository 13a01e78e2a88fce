import Primitives

/// What is kept and why, and what goes. Nothing is removed by making one.
package struct ForgetPlan: Sendable {
    package struct Group: Sendable {
        package let key: SnapshotGrouping.Key
        /// Oldest first.
        package let decisions: [RetentionPolicy.Decision]

        package var kept: [RetentionPolicy.Decision] { decisions.filter { !$0.reasons.isEmpty } }
        package var removed: [Snapshot] { decisions.filter(\.reasons.isEmpty).map(\.snapshot) }
    }

    package let groups: [Group]

    package var removed: [Snapshot] { groups.flatMap(\.removed) }
    package var keptCount: Int { groups.reduce(0) { $0 + $1.kept.count } }

    /// Plans to remove these, the last one of a group as well: whoever names a snapshot means it.
    package init(removing snapshots: [Snapshot]) {
        let decisions = snapshots.map { RetentionPolicy.Decision(snapshot: $0, reasons: []) }
        groups = [Group(key: SnapshotGrouping.Key(), decisions: decisions)]
    }

    /// Plans what a policy leaves of each group.
    ///
    /// - Parameters:
    ///   - snapshots: those that the policy is about.
    ///   - allowsEmptyGroup: whether all snapshots of a group may go.
    /// - Throws: kind `usage` where the policy keeps nothing at all, or nothing of some group.
    package init(
        _ snapshots: [Snapshot], _ policy: RetentionPolicy, grouping: SnapshotGrouping, now: Timestamp,
        zone: CalendarZone,
        allowsEmptyGroup: Bool
    ) throws(VarveError) {
        guard !policy.keepsNothing else {
            throw VarveError(
                .usage, "the policy keeps nothing, so all snapshots would go",
                advice: "give a --keep option with a number above 0; to remove a snapshot for good, name it")
        }
        groups = grouping.groups(of: snapshots).map { key, snapshots in
            Group(key: key, decisions: policy.decide(snapshots, now: now, in: zone))
        }
        guard !allowsEmptyGroup, let emptied = groups.first(where: { $0.kept.isEmpty }) else { return }
        let name = "\(emptied.key)"
        throw VarveError(
            .usage,
            "the policy keeps none of the \(emptied.decisions.count) snapshots of "
                + (name.isEmpty ? "the group" : "the group \"\(name)\"") + "; nothing was removed",
            advice: "add --keep-last 1, or give --allow-empty-group if they shall go")
    }

    /// Refuses tags that no snapshot has: a misspelt one would protect nothing.
    ///
    /// - Throws: kind `usage`, naming the tags that there are.
    package static func checkTags(_ tags: [String], among snapshots: [Snapshot]) throws(VarveError) {
        let known = Set(snapshots.flatMap(\.record.tags))
        // Before the first backup no tag can be misspelt.
        guard !snapshots.isEmpty, let unknown = tags.first(where: { !known.contains($0) }) else { return }
        throw VarveError(
            .usage, "no snapshot has the tag \"\(unknown)\"",
            advice: known.isEmpty ? "no snapshot has any tag" : "there are: \(known.sorted().joined(separator: ", "))")
    }
}
