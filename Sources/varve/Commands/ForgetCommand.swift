import CommandLineSupport
import VarveKit

/// `varve forget`: removes snapshots, by name or by policy.
enum ForgetCommand: Command {
    static let declaration = CommandDeclaration(
        "forget", abstract: "Remove snapshots, by name or by policy.",
        discussion: """
            Snapshots are divided into groups, and each is gone over alone. A snapshot is kept if any --keep option keeps it. \
            Hours, days, weeks (from Monday), months and years are those of the local time zone (TZ); only those count that \
            have a snapshot, and the newest snapshot of each is kept. Where there are fewer than shall be kept, the oldest \
            snapshot is kept too.
            N is a number, or `unlimited` for all. A DURATION is made of years, months, weeks, days and hours, such as 1y6m \
            or 2w12h, and is counted back from the newest snapshot of the group. A snapshot with a time in the future is \
            kept.
            Groups are told apart by host, streams and paths unless --group-by says otherwise. In names of streams and paths \
            whole dates (2026-11-20, 20261120), with or without a time, are left out of account: pg-2026-11-20.sql and \
            pg-2026-11-21.sql are of one group. --group-by '' makes one group of all.
            No policy takes the last snapshot of a group, unless --allow-empty-group is given. A snapshot that is named is \
            removed in any case.
            """,
        examples: [
            Example(
                "varve forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run",
                "what a policy keeps, and why; nothing is removed"),
            Example("varve forget --keep-within-daily 1m --keep-within-monthly 2y --keep-tag release", "by age"),
            Example("varve forget 3f2a9c01", "one snapshot"),
        ],
        options: ForgetArguments.policyOptions + [
            .value(
                "group-by", nil, "WHAT",
                help: "Group by any of host, tags, streams, paths, joined by commas; host,streams,paths unless given."),
            .flag("allow-empty-group", help: "Let the policy remove all snapshots of a group."),
        ] + Program.filterOptions(hostLetter: nil) + [
            .flag("prune", nil, help: "Then delete what no snapshot needs any more, as `varve prune` does.")
        ] + PruneCommand.pruneOptions + [
            .flag(
                "dry-run", "n",
                help: "Show what would be kept and why, and with --prune what would then be deleted; remove nothing.")
        ],
        positionals: [
            Positional("ID", .anyNumber, help: "These, and no others: the beginnings of names, or `latest`.")
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let arguments = try ForgetArguments(context)
        let prune = try PruneCommand.preparation(context)
        let repository = try context.openRepository()
        let plan = try plan(arguments, repository, context)
        let report = ForgetReport(plan, isDryRun: context.arguments.flag("dry-run"), context)
        try report.writeGroups()
        guard !report.isDryRun else {
            try report.writeSummary(nil)
            if context.arguments.flag("prune") { try prune(repository, true, Set(plan.removed.map(\.id))) }
            return 0
        }
        let result = try SnapshotRemoval(repository, cancellation: context.cancellation).run(plan.removed)
        try report.writeSummary(result)
        if context.arguments.flag("prune") { try prune(repository, false, []) }
        return result.retained.allSatisfy { $0.error.kind == .retained } ? 0 : 1
    }

    private static func plan(
        _ arguments: ForgetArguments, _ repository: Repository, _ context: CommandContext
    ) throws -> ForgetPlan {
        guard let policy = arguments.policy else {
            let void = try repository.loadIndexRecords().voidSessions
            let snapshots = try repository.loadSnapshots(voidSessions: void)
            return ForgetPlan(removing: try context.snapshotsToChange(arguments.names, among: snapshots))
        }
        let snapshots = try repository.loadSnapshotsForPolicy()
        try ForgetPlan.checkTags(policy.tags.flatMap { $0 }, among: snapshots)
        return try ForgetPlan(
            try context.snapshotsToChange([], among: snapshots), policy, grouping: arguments.grouping,
            now: repository.environment.clock.now(), zone: .system,
            allowsEmptyGroup: context.arguments.flag("allow-empty-group"))
    }
}
