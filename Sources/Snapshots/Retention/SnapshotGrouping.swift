/// By what snapshots are told apart, before a policy goes over each group alone.
package struct SnapshotGrouping: Hashable, Sendable {
    package enum Member: String, Sendable, CaseIterable {
        case host, tags, streams, paths
    }

    private let members: Set<Member>

    package init(by members: Set<Member>) { self.members = members }

    /// By what is backed up, and where.
    package static let standard = SnapshotGrouping(by: [.host, .streams, .paths])

    /// Reads names of members joined by commas; nothing stands for one group of all. `nil` for anything else.
    package init?(parsing text: String) {
        var members: Set<Member> = []
        for word in text.split(separator: ",") {
            guard let member = Member.allCases.first(where: { $0.rawValue == word || $0.rawValue == "\(word)s" }) else {
                return nil
            }
            members.insert(member)
        }
        self.init(by: members)
    }

    /// What the snapshots of a group have in common; `nil` where it is not grouped by that.
    ///
    /// Lists are without order and repetition, and in the names of streams and paths `*` stands for dates.
    package struct Key: Hashable, Sendable, CustomStringConvertible {
        package var host: String?
        package var tags: [String]?
        package var streams: [String]?
        package var paths: [String]?

        package init() {}

        /// "host db1, streams pg-*.sql"; empty for the one group of all.
        package var description: String {
            var parts: [String] = []
            if let host { parts.append("host \(host)") }
            for (name, list) in [("tags", tags), ("streams", streams), ("paths", paths)] {
                if let list, !list.isEmpty { parts.append("\(name) \(list.joined(separator: " "))") }
            }
            if let tags, tags.isEmpty { parts.append("no tags") }
            return parts.joined(separator: ", ")
        }
    }

    package func key(of record: SnapshotRecord) -> Key {
        var key = Key()
        if members.contains(.host) { key.host = record.host }
        if members.contains(.tags) { key.tags = Set(record.tags).sorted() }
        if members.contains(.streams) { key.streams = Set(record.streams.map(DatedName.general)).sorted() }
        if members.contains(.paths) { key.paths = Set(record.paths.map(DatedName.general)).sorted() }
        return key
    }

    /// The groups, in the order of their descriptions; in each the snapshots in the order given.
    package func groups(of snapshots: [Snapshot]) -> [(key: Key, snapshots: [Snapshot])] {
        Dictionary(grouping: snapshots) { key(of: $0.record) }.map { ($0.key, $0.value) }
            .sorted { ($0.key.description, $0.snapshots[0].id) < ($1.key.description, $1.snapshots[0].id) }
    }
}
