import Primitives
import Snapshots
import Testing

/// Snapshots, policies and time zones as the tables of these tests write them.
enum RetentionFixtures {
    /// A snapshot of "2026-11-20T01:00" in UTC, with seconds and a fraction if there are some.
    static func snapshot(
        _ time: String, name: UInt64 = 0, host: String = "host", tags: [String] = [], streams: [String] = [],
        paths: [String] = []
    ) throws -> Snapshot {
        let timestamp = try self.time(time)
        let root = TreeEntry.Subtree(root: Digest(0, 0, 0, 0), level: 0, entries: 0)
        let record = SnapshotRecord(
            time: timestamp, host: host, user: "user", tags: tags, paths: paths, streams: streams, root: root,
            parent: nil, excludes: [], summary: SnapshotRecord.Summary(), program: "test", writer: .zero, sequence: 1,
            previous: nil)
        // Byte 0 of a name is the lowest of its first word.
        return Snapshot(
            id: Digest(name.byteSwapped, UInt64(bitPattern: timestamp.nanoseconds), 0, 0), session: .zero,
            record: record)
    }

    static func time(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: text.count == 16 ? "\(text):00Z" : "\(text)Z"), "\(text) is no time")
    }

    /// A policy such as "last=2 daily=7 within=2w within-daily=1m tag=a,b".
    static func policy(_ text: String) throws -> RetentionPolicy {
        var policy = RetentionPolicy()
        for rule in text.split(separator: " ") {
            let parts = rule.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            let value = parts[1]
            switch parts[0] {
            case "last": policy.last = try #require(KeepCount(parsing: value))
            case "within": policy.within = try span(value)
            case "tag": policy.tags.append(value.split(separator: ",").map(String.init))
            case let name where name.hasPrefix("within-"):
                let period = try #require(CalendarPeriod(rawValue: String(name.dropFirst("within-".count))))
                policy.periodsWithin[period] = try span(value)
            case let name: policy.periods[try #require(CalendarPeriod(rawValue: name))] = KeepCount(parsing: value)
            }
        }
        return policy
    }

    private static func span(_ text: String) throws -> RetentionSpan { try #require(RetentionSpan(parsing: text)) }

    static func zone(hours: Int64) -> CalendarZone { CalendarZone { _ in hours * 3600 } }

    /// Central Europe: summer time from 01:00 UTC of the last Sunday of March to that of October.
    static let berlin: CalendarZone = {
        let changes: [(seconds: Int64, offset: Int64)] = [
            ("2024-03-31T01:00:00Z", 7200), ("2024-10-27T01:00:00Z", 3600), ("2025-03-30T01:00:00Z", 7200),
            ("2025-10-26T01:00:00Z", 3600), ("2026-03-29T01:00:00Z", 7200), ("2026-10-25T01:00:00Z", 3600),
        ].map { (Timestamp(rfc3339: $0.0)?.seconds ?? 0, $0.1) }
        return CalendarZone { seconds in changes.last { $0.seconds <= seconds }?.offset ?? 3600 }
    }()
}
