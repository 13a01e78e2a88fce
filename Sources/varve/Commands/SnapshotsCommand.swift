import CommandLineSupport
import VarveKit

/// `varve snapshots`: lists snapshots.
enum SnapshotsCommand: Command {
    static let declaration = CommandDeclaration(
        "snapshots", abstract: "List snapshots, the newest last.",
        examples: [
            Example("varve snapshots", "all of them"),
            Example("varve snapshots --tag nightly --latest 3 --group-by host", "the last three nights of each host"),
        ],
        options: Program.filterOptions + [
            .value("latest", nil, "N", help: "Only the newest N; of each group, if there are groups."),
            .value("group-by", nil, "WHAT", help: "Group by any of host, tags, streams, paths, joined by commas."),
        ],
        positionals: [Positional("ID", .anyNumber, help: "Only these: the beginnings of names, or `latest`.")])

    static func run(_ context: CommandContext) throws -> Int32 {
        let arguments = context.arguments
        let repository = try context.openRepository()
        let all = try context.load(repository).snapshots
        let filter = try context.snapshotFilter()
        var chosen = all.filter { filter.matches($0.record) }
        let names = try arguments.positionals("ID")
        if !names.isEmpty { chosen = try names.map { try all.snapshot(named: $0, filter) } }
        let latest = try arguments.integer("latest", in: 1...Int.max)
        let groups = try context.grouping()?.groups(of: chosen) ?? [(SnapshotGrouping.Key(), chosen)]
        for (key, snapshots) in groups {
            let shown = latest.map { Array(snapshots.suffix($0)) } ?? snapshots
            if context.isJSON {
                for snapshot in shown { try context.print(json(snapshot)) }
            } else {
                if key != SnapshotGrouping.Key() { try context.print("\(key):") }
                try context.print(table(shown, isVerbose: context.isVerbose).lines)
                if !context.isQuiet { try context.print(counted(UInt64(shown.count), "snapshot")) }
            }
        }
        return 0
    }

    private static func table(_ snapshots: [Snapshot], isVerbose: Bool) -> Table {
        var table = Table([
            .left("ID"), .left("Time"), .left("Host"), .left("Tags"), .right("Size"), .right("New"), .right("Stored"),
            .left("Streams and paths"),
        ])
        for snapshot in snapshots {
            let record = snapshot.record
            table.append([
                isVerbose ? snapshot.id.hex : snapshot.id.shortHex,
                LocalTime.format(nanoseconds: record.time.nanoseconds), record.host,
                record.tags.joined(separator: ","), ByteCount.format(record.summary.bytes),
                ByteCount.format(record.summary.newBytes), ByteCount.format(record.summary.storedBytes),
                (record.streams + record.paths).joined(separator: ", "),
            ])
        }
        return table
    }

    /// A snapshot as all commands show it in JSON.
    static func json(_ snapshot: Snapshot) -> JSONValue {
        let record = snapshot.record
        let summary = record.summary
        return [
            "message_type": "snapshot", "id": .string(snapshot.id.hex), "short_id": .string(snapshot.id.shortHex),
            "time": .string(record.time.rfc3339), "hostname": .string(record.host), "username": .string(record.user),
            "tags": .strings(record.tags), "paths": .strings(record.paths), "streams": .strings(record.streams),
            "tree": .string(record.root.root.hex), "parent": record.parent.map { .string($0.hex) } ?? .null,
            "excludes": .strings(record.excludes), "program": .string(record.program),
            "original": record.original.map { .string($0.hex) } ?? .null, "writer": .string(record.writer.hex),
            "sequence": .number(record.sequence),
            "summary": [
                "files": .number(summary.files), "folders": .number(summary.folders), "bytes": .number(summary.bytes),
                "bytes_new": .number(summary.newBytes), "bytes_stored": .number(summary.storedBytes),
                "bytes_saved": .number(summary.savedBytes ?? 0),
                "errors": .number(summary.errors), "seconds": .double(Double(summary.durationMs) / 1000),
            ],
        ]
    }
}
