import Primitives
import Snapshots
import Testing

struct GroupingTests {
    /// The groups as "description: count".
    private func groups(_ grouping: SnapshotGrouping, _ snapshots: [Snapshot]) -> [String] {
        grouping.groups(of: snapshots).map { "\($0.key): \($0.snapshots.count)" }
    }

    @Test func hostStreamsAndPathsTellGroupsApart() throws {
        let time = "2026-11-20T01:00"
        let snapshots = [
            try RetentionFixtures.snapshot(time, name: 1, tags: ["x"], streams: ["a", "b"]),
            try RetentionFixtures.snapshot(time, name: 2, tags: ["y"], streams: ["b", "a"]),
            try RetentionFixtures.snapshot(time, name: 3, streams: ["a"], paths: ["/etc"]),
            try RetentionFixtures.snapshot(time, name: 4, host: "other", streams: ["a", "b"]),
            try RetentionFixtures.snapshot(time, name: 5, paths: ["/etc", "/etc"]),
        ]
        #expect(
            groups(.standard, snapshots) == [
                "host host, paths /etc: 1", "host host, streams a b: 2", "host host, streams a, paths /etc: 1",
                "host other, streams a b: 1",
            ])
        #expect(
            groups(try #require(SnapshotGrouping(parsing: "host")), snapshots) == ["host host: 4", "host other: 1"])
        #expect(
            groups(try #require(SnapshotGrouping(parsing: "tags")), snapshots) == [
                "no tags: 3", "tags x: 1", "tags y: 1",
            ])
        #expect(groups(try #require(SnapshotGrouping(parsing: "")), snapshots) == [": 5"])
        #expect(groups(.standard, []) == [])
    }

    @Test func groupingsAreRead() {
        #expect(SnapshotGrouping(parsing: "paths,host,streams") == .standard)
        #expect(SnapshotGrouping(parsing: "host,path,stream") == .standard)
        #expect(SnapshotGrouping(parsing: "tag") == SnapshotGrouping(by: [.tags]))
        for text in ["hosts ", "user", "host;tags", "Host"] {
            #expect(SnapshotGrouping(parsing: text) == nil, "\(text)")
        }
    }

    /// Names that differ by a date alone are of one group; whatever may be more than a date keeps them apart.
    @Test(arguments: [
        ("pg-2026-11-20.sql", "pg-*.sql"), ("pg-20261120.sql", "pg-*.sql"), ("2026_11_20", "*"),
        ("dumps/2026/11/20/app.sql", "dumps/*/app.sql"), ("pg-2026-11-20T01:05:29Z.sql", "pg-*.sql"),
        ("pg-2026-11-20T01:05:29+01:00.sql", "pg-*.sql"), ("pg-20261120T0105.sql", "pg-*.sql"),
        ("pg_20261120_010529.sql", "pg_*.sql"), ("pg-20261120010529.sql", "pg-*.sql"),
        ("2026-11-20-01-05-29.rdb", "*.rdb"), ("2026-11-20 01.05", "*"), ("a-2024-02-29", "a-*"),
        ("from-20261120-to-20261121", "from-*-to-*"), ("2026-11-20_13.sql", "*_13.sql"),
        // No whole dates.
        ("archive-2026", "archive-2026"), ("archive-2026-11", "archive-2026-11"), ("a-2023-02-29", "a-2023-02-29"),
        ("a-2026-13-01", "a-2026-13-01"), ("2026-11.20", "2026-11.20"), ("id-12026112099", "id-12026112099"),
        ("id-2026112099", "id-2026112099"), ("120261120", "120261120"), ("1763690000", "1763690000"),
        ("v1.2.3", "v1.2.3"), ("shop-19261120", "shop-19261120"), ("", ""),
    ])
    func datesInNamesAreLeftOutOfAccount(name: String, general: String) throws {
        let snapshot = try RetentionFixtures.snapshot("2026-11-20T01:00", streams: [name], paths: ["/x/\(name)"])
        let key = SnapshotGrouping.standard.key(of: snapshot.record)
        #expect(key.streams == [general])
        #expect(key.paths == ["/x/\(general)"])
    }

    @Test func datedStreamsOfOneSnapshotAreOne() throws {
        let streams = ["wal/2026-11-19", "wal/2026-11-20", "base"]
        let snapshot = try RetentionFixtures.snapshot("2026-11-20T01:00", streams: streams)
        #expect(SnapshotGrouping.standard.key(of: snapshot.record).streams == ["base", "wal/*"])
    }
}
