import CommandLineSupport
import VarveKit

/// `varve find`: looks for files and streams in snapshots.
enum FindCommand: Command {
    static let declaration = CommandDeclaration(
        "find", abstract: "Find files and streams in snapshots.",
        discussion: """
            Patterns are those of backup --exclude: NAME matches at any depth, /PATH from the root on, * any part of a name, ** any \
            number of names; what lies in a folder that matches is found too, and !PATTERN takes back what earlier ones matched.
            TIME is 2026-11-21, "2026-11-21 01:05:29", or how long ago: 36h, 7d.
            With --json each entry is an object with snapshot_id and what `ls` tells, and a summary follows.
            """,
        examples: [
            Example("varve find app.conf", "where a file is, in the newest snapshots first"),
            Example(
                "varve find --long --type f --newer 7d '/etc/**/*.conf'",
                "configuration that was changed in the last week"),
        ],
        options: Program.filterOptions + [
            .value(
                "snapshot", "s", "ID", help: "Only in this snapshot.", isRepeatable: true),
            .flag("ignore-case", "i", help: "Take upper and lower case of ASCII letters for the same."),
            .value("newer", nil, "TIME", help: "Only what was modified at this time or later."),
            .value("older", nil, "TIME", help: "Only what was modified before this time."),
            .value(
                "type", nil, "TYPE", help: "Only files and streams (f), folders (d) or symbolic links (l).",
                allowedValues: ["f", "d", "l"]),
            .flag("long", "l", help: "Show type, owner, size and time."),
        ],
        positionals: [Positional("PATTERN", .atLeastOne, help: "What to look for.")])

    static func run(_ context: CommandContext) throws -> Int32 {
        let query = try query(context)
        let repository = try context.openRepository()
        return try repository.whilePresent(as: "find") { try run(query, repository, context) }
    }

    private static func query(_ context: CommandContext) throws -> FindQuery {
        let arguments = context.arguments
        let patterns = arguments.positionalBytes("PATTERN")
        if patterns.contains([]) { throw UsageError("a PATTERN is empty", advice: "`**` finds everything") }
        let kinds: Set<TreeEntry.Kind>? =
            switch try arguments.value("type") {
            case "f": [.file, .stream]
            case "d": [.folder]
            case "l": [.symbolicLink]
            default: nil
            }
        return FindQuery(
            try ExcludePatterns(patterns, ignoringCase: arguments.flag("ignore-case")), kinds: kinds,
            newer: try time("newer", arguments), older: try time("older", arguments))
    }

    private static func time(_ option: String, _ arguments: ParsedArguments) throws -> Timestamp? {
        guard let text = try arguments.value(option) else { return nil }
        if let nanoseconds = LocalTime.parse(text) { return Timestamp(nanoseconds: nanoseconds) }
        guard let span = DurationText.parse(text) else {
            throw arguments.wrong(text, of: option, "is no time such as 2026-11-21, \"2026-11-21 01:05\" or 7d")
        }
        return Timestamp(seconds: SystemClock().now().seconds - span.components.seconds, nanoseconds: 0)
    }

    private static func run(_ query: FindQuery, _ repository: Repository, _ context: CommandContext) throws -> Int32 {
        let (index, all) = try context.load(repository, content: true)
        let snapshots = try context.choose(try context.arguments.values("snapshot"), among: all)
        let reader = TreeReader(SegmentReader(repository: repository, index: index.chunks))
        var run = FindRun(query, cancellation: context.cancellation, reader.readTree)
        var figures = Figures()
        var isDamaged = false
        for snapshot in snapshots.reversed() {
            do {
                let before = figures.matches
                try run.run(snapshot.record.root) { path, entry in
                    if figures.matches == before, !context.isJSON {
                        try context.print("\(context.headline(snapshot)):")
                    }
                    figures.matches += 1
                    try show(entry, at: path, of: snapshot, context)
                }
                if figures.matches > before { figures.snapshotsWithMatches += 1 }
            } catch let error as VarveError where error.kind == .damaged {
                isDamaged = true
                context.warn("snapshot \(snapshot.id.shortHex) cannot be searched to its end: \(error.problem)")
            }
        }
        try report(figures, snapshots: snapshots.count, context)
        return isDamaged ? 13 : 0
    }

    private struct Figures {
        var matches: UInt64 = 0
        var snapshotsWithMatches: UInt64 = 0
    }

    private static func show(
        _ entry: TreeEntry, at path: [[UInt8]], of snapshot: Snapshot, _ context: CommandContext
    ) throws {
        let display = TreeReader.display(path)
        if context.isJSON {
            let owner = JSONValue.Member("snapshot_id", .string(snapshot.id.hex))
            return try context.print(EntryOutput.json(entry, display, as: "match", [owner]))
        }
        try context.print(context.arguments.flag("long") ? EntryOutput.longLine(entry, display) : display)
    }

    private static func report(_ figures: Figures, snapshots: Int, _ context: CommandContext) throws {
        if context.isJSON {
            try context.print([
                "message_type": "summary", "matches": .number(figures.matches), "snapshots": .number(snapshots),
                "snapshots_with_matches": .number(figures.snapshotsWithMatches),
            ])
        } else if !context.isQuiet {
            try context.print(
                "\(figures.matches) found in \(figures.snapshotsWithMatches) of \(counted(UInt64(snapshots), "snapshot"))"
            )
        }
    }
}
