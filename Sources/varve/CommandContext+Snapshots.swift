import CommandLineSupport
import VarveKit

/// Which snapshots the arguments mean.
extension CommandContext {
    /// `--host`, `--tag` and `--path`.
    func snapshotFilter() throws -> SnapshotFilter {
        SnapshotFilter(
            host: try arguments.value("host"), tags: try arguments.values("tag"),
            paths: arguments.valuesBytes("path").map { ByteString.display($0) })
    }

    /// `--group-by`; `nil` where it is not given.
    func grouping() throws -> SnapshotGrouping? {
        guard let text = try arguments.value("group-by") else { return nil }
        guard let grouping = SnapshotGrouping(parsing: text) else {
            throw arguments.wrong(text, of: "group-by", "is not made of host, tags, streams and paths")
        }
        return grouping
    }

    /// The snapshots to change or remove: those that IDs name, each once, else those that the filter matches.
    ///
    /// - Throws: `VarveError` of kind `usage` where a tag is none, or a named snapshot is not what the filter asks for.
    func snapshotsToChange(_ names: [String], among snapshots: [Snapshot]) throws -> [Snapshot] {
        let filter = try snapshotFilter()
        try ForgetPlan.checkTags(filter.tags, among: snapshots)
        if names.isEmpty {
            let matching = snapshots.filter { filter.matches($0.record) }
            if matching.isEmpty, !snapshots.isEmpty { warn("no snapshot is one that --host, --tag and --path ask for") }
            return matching
        }
        var chosen: Set<Snapshot> = []
        for name in names {
            let snapshot = try snapshots.snapshot(named: name, filter)
            guard filter.matches(snapshot.record) else {
                throw VarveError(
                    .usage, "snapshot \(snapshot.id.shortHex) is not one that --host, --tag and --path ask for",
                    advice: "leave them out, or name another snapshot")
            }
            chosen.insert(snapshot)
        }
        return chosen.sortedByTime()
    }

    /// The snapshot and the path that SNAPSHOT[:PATH] means.
    func snapshotAndPath(
        _ argument: [UInt8], among snapshots: [Snapshot]
    ) throws -> (snapshot: Snapshot, path: [[UInt8]]) {
        let parts = argument.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(decoding: parts[0], as: UTF8.self)
        let path = parts.count > 1 ? BytePath(Array(parts[1])).components.filter { $0 != [UInt8(ascii: ".")] } : []
        return (try snapshots.snapshot(named: name, try snapshotFilter()), path)
    }
}
