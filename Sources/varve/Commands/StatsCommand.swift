import CommandLineSupport
import VarveKit

/// `varve stats`: how much snapshots hold, and what that takes.
enum StatsCommand: Command {
    static let declaration = CommandDeclaration(
        "stats", abstract: "Show how much snapshots hold, and what that takes in the repository.",
        discussion: """
            --mode restore-size: the files and bytes of the snapshots as a restore writes them.
            --mode dedup: also the bytes of the distinct chunks that they are made of.
            --mode raw: also the compressed and sealed bytes of those chunks, and what the repository takes as a whole. A chunk \
            counts with its share of the segment that it was compressed in.
            With --by, unique is what only that snapshot or host has; shared is the rest: others have it too, or it is repeated \
            within.
            With --json each snapshot or host is an object, and a summary follows.
            """,
        examples: [
            Example("varve stats", "the size of all snapshots, restored"),
            Example("varve stats --mode dedup --by snapshot", "what each snapshot has for itself"),
            Example("varve stats --mode raw --tag nightly", "what some snapshots take in the repository"),
        ],
        options: Program.filterOptions + [
            .value(
                "mode", nil, "MODE", help: "What to count; restore-size without the option.",
                allowedValues: StatsMode.allCases.map(\.rawValue)),
            .value(
                "by", nil, "WHAT", help: "Show each snapshot or host too.",
                allowedValues: StatsGrouping.allCases.map(\.rawValue)),
        ],
        positionals: [Positional("ID", .anyNumber, help: "Only these: the beginnings of names, or `latest`.")])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository()
        return try repository.whilePresent(as: "stats") { try run(repository, context) }
    }

    private static func run(_ repository: Repository, _ context: CommandContext) throws -> Int32 {
        let arguments = context.arguments
        let mode = try arguments.value("mode").flatMap(StatsMode.init) ?? .restoreSize
        let grouping = try arguments.value("by").flatMap(StatsGrouping.init)
        let (index, all) = try context.load(repository, content: true)
        let snapshots = try context.choose(try arguments.positionals("ID"), among: all)
        let groups =
            switch grouping {
            case nil: [snapshots]
            case .snapshot: snapshots.map { [$0] }
            case .host:
                Dictionary(grouping: snapshots, by: \.record.host).sorted { $0.key < $1.key }.map(\.value)
            }
        let statistics = try StatisticsRun(repository, index, cancellation: context.cancellation)
            .run(groups, countsChunks: mode != .restoreSize)
        let report = StatsReport(mode: mode, grouping: grouping, groups: groups, statistics: statistics)
        try report.write(context)
        if statistics.missingChunks == 0 { return 0 }
        context.warn(
            "\(counted(statistics.missingChunks, "chunk")) of these snapshots cannot be found; `varve check` says which"
        )
        return 13
    }
}

/// What `varve stats` counts.
enum StatsMode: String, CaseIterable {
    case restoreSize = "restore-size"
    case dedup, raw
}

/// What `varve stats` shows one by one.
enum StatsGrouping: String, CaseIterable {
    case snapshot, host
}
