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
            .value("group-by", nil, "WHAT", help: "Group by any of host, tags, paths, streams, joined by commas."),
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
        for (group, snapshots) in try grouped(chosen, by: arguments.value("group-by"), arguments) {
            let shown = latest.map { Array(snapshots.suffix($0)) } ?? snapshots
            if context.isJSON {
                for snapshot in shown { try context.print(json(snapshot)) }
            } else {
                if !group.isEmpty { try context.print("\(group):") }
                try context.print(table(shown, isVerbose: context.isVerbose).lines)
                if !context.isQuiet { try context.print(counted(UInt64(shown.count), "snapshot")) }
            }
        }
        return 0
    }

    private static func grouped(
        _ snapshots: [Snapshot], by text: String?, _ arguments: ParsedArguments
    ) throws -> [(group: String, snapshots: [Snapshot])] {
        guard let text else { return [("", snapshots)] }
        let keys = try text.split(separator: ",").map { key -> (Snapshot) -> String in
            switch key {
            case "host": { "host " + $0.record.host }
            case "tags": { "tags " + $0.record.tags.sorted().joined(separator: ",") }
            case "paths": { "paths " + $0.record.paths.joined(separator: ",") }
            case "streams": { "streams " + $0.record.streams.joined(separator: ",") }
            default: throw arguments.wrong(text, of: "group-by", "is not made of host, tags, paths and streams")
            }
        }
        let groups = Dictionary(grouping: snapshots) { snapshot in
            keys.map { $0(snapshot) }.joined(separator: "; ")
        }
        return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
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
            "writer": .string(record.writer.hex), "sequence": .number(record.sequence),
            "summary": [
                "files": .number(summary.files), "folders": .number(summary.folders), "bytes": .number(summary.bytes),
                "bytes_new": .number(summary.newBytes), "bytes_stored": .number(summary.storedBytes),
                "errors": .number(summary.errors), "seconds": .double(Double(summary.durationMs) / 1000),
            ],
        ]
    }
}
