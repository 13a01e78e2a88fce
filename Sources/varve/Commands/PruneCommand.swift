import CommandLineSupport
import VarveKit

/// `varve prune`: collect packs that nothing needs.
enum PruneCommand: Command {
    static let declaration = CommandDeclaration(
        "prune", abstract: "Delete what no snapshot needs.",
        discussion:
            "Packs that no snapshot needs are deleted, and packs that are needed in part are written anew. Backups may run beside it: packs "
            + "that a running one may use go once it has ended. A session that has shown no sign of life for 30 minutes is not waited for. "
            + "Nothing is deleted if anything that decides over it cannot be read.",
        examples: [
            Example("varve prune", "leave at most 5 % unused"),
            Example("varve prune --dry-run --max-unused 0", "show what would go if nothing unused were left"),
        ],
        options: pruneOptions + [.flag("dry-run", "n", help: "Show what would be done, and do nothing.")])

    static let pruneOptions: [Option] = [
        .value(
            "max-unused", nil, "LIMIT",
            help: "How much may stay unused: a part such as 5% (the default), a size, or unlimited. "
                + "0 keeps no delta for a part of it."),
        .value("max-repack-size", nil, "SIZE", help: "Write at most so many bytes of packs anew."),
        .value(
            "max-wait", nil, "TIME",
            help: "Wait so long for running backups, 2h by default; then end with code 11, and go on next time."),
    ]

    static func run(_ context: CommandContext) throws -> Int32 {
        let prune = try preparation(context)
        try prune(try context.openRepository(), context.arguments.flag("dry-run"), [])
        return 0
    }

    /// Prunes a repository; in a dry run as if some snapshots were gone.
    typealias Prune = (_ repository: Repository, _ isDryRun: Bool, _ ignored: Set<Digest>) throws -> Void

    /// Reads the options, and gives what prunes a repository.
    static func preparation(_ context: CommandContext) throws -> Prune {
        let policy = PrunePolicy(
            maxUnused: try unusedLimit(context.arguments),
            maxRepackBytes: try context.arguments.bytes("max-repack-size"))
        let maxWait = try context.arguments.duration("max-wait").map { Double($0.components.seconds) } ?? 7200
        return { repository, isDryRun, ignored in
            let run = PruneRun(
                repository, policy: policy, maxWait: maxWait, width: context.width, cancellation: context.cancellation)
            let report = try context.withProgress({ figures(run.currentProgress) }) { () throws(VarveError) in
                try isDryRun ? run.plan(without: ignored) : run.run()
            }
            try PruneOutput(report: report, isDryRun: isDryRun).write(context)
        }
    }

    private static func unusedLimit(_ arguments: ParsedArguments) throws -> PrunePolicy.UnusedLimit {
        guard let text = try arguments.value("max-unused") else { return PrunePolicy().maxUnused }
        if text == "unlimited" { return .unlimited }
        if text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) {
            return .percent(percent)
        }
        if let bytes = ByteCount.parse(text) { return .bytes(bytes) }
        throw arguments.wrong(text, of: "max-unused", "is not a part such as 5%, a size such as 1G, or unlimited")
    }

    private static func figures(_ progress: PruneProgress) -> ProgressFigures {
        var item = progress.phase.rawValue
        if progress.phase == .waiting, progress.sessions > 0 { item += ": \(progress.sessions)" }
        return ProgressFigures(
            bytesDone: progress.copiedBytes, bytesTotal: progress.bytesToCopy > 0 ? progress.bytesToCopy : nil,
            currentItem: item)
    }
}
