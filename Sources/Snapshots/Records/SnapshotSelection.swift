import Primitives

/// Which snapshots a command means.
package struct SnapshotFilter: Hashable, Sendable {
    package var host: String?
    /// Each must be among the snapshot's tags.
    package var tags: [String] = []
    /// Each must be among the snapshot's paths or streams.
    package var paths: [String] = []

    package init(host: String? = nil, tags: [String] = [], paths: [String] = []) {
        self.host = host
        self.tags = tags
        self.paths = paths
    }

    package var isEmpty: Bool { self == SnapshotFilter() }

    package func matches(_ record: SnapshotRecord) -> Bool {
        (host.map { $0 == record.host } ?? true) && tags.allSatisfy(record.tags.contains)
            && paths.allSatisfy { record.paths.contains($0) || record.streams.contains($0) }
    }
}

extension Sequence<Snapshot> {
    /// Oldest first; equal times by name, so that the order is always the same.
    package func sortedByTime() -> [Snapshot] {
        sorted { ($0.record.time, $0.id) < ($1.record.time, $1.id) }
    }

    /// The snapshot that `text` means: `latest` (of those that `filter` matches), `latest~N` (N before it), or the beginning of a name.
    ///
    /// - Throws: kind `notFound`, or `usage` where several names begin so.
    package func snapshot(named text: String, _ filter: SnapshotFilter = SnapshotFilter()) throws(VarveError)
        -> Snapshot
    {
        if text == "latest" || text.hasPrefix("latest~") {
            guard let back = text == "latest" ? 0 : Int(text.dropFirst("latest~".count)), back >= 0 else {
                throw VarveError(
                    .usage, "\"\(text)\" is no snapshot", advice: "write latest~1 for the one before the latest")
            }
            let matching = self.filter { filter.matches($0.record) }.sortedByTime()
            guard back < matching.count else {
                throw VarveError(
                    .notFound,
                    matching.isEmpty ? "no snapshot matches" : "only \(matching.count) snapshots match",
                    advice: "`varve snapshots` shows what there is")
            }
            return matching[matching.count - 1 - back]
        }
        let prefix = text.lowercased()
        guard prefix.count >= 4, prefix.allSatisfy(\.isHexDigit) else {
            throw VarveError(
                .usage, "\"\(text)\" is no snapshot", advice: "give `latest` or at least 4 digits of a name")
        }
        let matching = self.filter { $0.id.hex.hasPrefix(prefix) }
        guard let match = matching.first else {
            throw VarveError(.notFound, "there is no snapshot \(text)", advice: "`varve snapshots` shows what there is")
        }
        guard matching.count == 1 else {
            throw VarveError(
                .usage, "\(text) begins the names of \(matching.count) snapshots", advice: "give more digits")
        }
        return match
    }

    /// The newest snapshot of the same host, paths and streams.
    package func parent(host: String, paths: [String], streams: [String]) -> Snapshot? {
        let same = filter {
            $0.record.host == host && Set($0.record.paths) == Set(paths) && Set($0.record.streams) == Set(streams)
        }
        return same.sortedByTime().last
    }
}
