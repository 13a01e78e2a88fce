import CommandLineSupport
import VarveKit

/// `varve repair --from REPO2`: fetch from another tier what is damaged or missing here.
enum HealCommand {
    static let declaration = CommandDeclaration(
        "tier", abstract: "Fetch from another tier what is damaged or missing here.",
        discussion: """
            First run `varve check --read-data`, which writes down what is damaged. Then all that the snapshots here need and that cannot be \
            reckoned with is fetched from the other repository, which must have been made with `init --copy-parameters-from`: whole packs, \
            compared with their names, or single chunks, compared with their IDs. They are stored and looked up again before the \
            damaged packs are set aside.
            Snapshots that only the other repository has are copied by `varve sync --from`. `varve repair --from` means the same as \
            `varve repair tier --from`.
            """,
        examples: [
            Example("varve repair --from /mnt/offsite", "get back what a bad disk has destroyed"),
            Example("varve repair --from /mnt/offsite --dry-run", "what would be fetched"),
        ],
        options: [
            .value("from", nil, "REPO2", help: "The other repository.", isRequired: true, completion: .folder),
            .flag("dry-run", "n", help: "Only say what would be done."),
        ] + CommandContext.OtherPassword.from.options)

    static func run(_ context: CommandContext) throws -> Int32 {
        let isDryRun = context.arguments.flag("dry-run")
        guard let name = try context.arguments.value("from") else { return 2 }
        let (own, others) = try context.openTiers([name], .from, cached: false)
        let report = try heal(own, from: others[0], isDryRun: isDryRun, context)
        return report.flawed.isEmpty ? 0 : 13
    }

    /// Does it and says what it did.
    static func heal(
        _ repository: Repository, from other: Repository, isDryRun: Bool, _ context: CommandContext
    ) throws -> HealReport {
        let heal = HealRun(repository, from: other, width: context.width, cancellation: context.cancellation)
        let report = try context.withProgress({ SyncCommand.figures(heal.currentFigures) }) { () throws(VarveError) in
            try heal.run(isDryRun: isDryRun)
        }
        try HealOutput(report, isDryRun: isDryRun, repository, other).write(context)
        return report
    }
}

/// What a heal did or would do, for people and for programs.
struct HealOutput {
    private let report: HealReport
    private let isDryRun: Bool
    private let repository: Repository
    private let other: Repository

    init(_ report: HealReport, isDryRun: Bool, _ repository: Repository, _ other: Repository) {
        self.report = report
        self.isDryRun = isDryRun
        self.repository = repository
        self.other = other
    }

    func write(_ context: CommandContext) throws {
        for flawed in report.flawed {
            if context.isJSON {
                try context.print([
                    "message_type": "snapshot_not_whole", "id": .string(flawed.snapshot.id.hex),
                    "message": .string(flawed.error.problem),
                ])
            } else {
                context.warn("\(context.headline(flawed.snapshot)) is not whole: \(flawed.error.problem)")
            }
        }
        if context.isJSON { return try context.print(summary(context)) }
        if context.isQuiet { return }
        try context.print(lines(context))
    }

    private func summary(_ context: CommandContext) -> JSONValue {
        let figures = report.figures
        return [
            "message_type": "summary", "dry_run": .bool(isDryRun), "from": .string(other.backend.location),
            "chunks_needed": .number(report.neededChunks), "chunks_lost": .number(report.lostChunks),
            "packs_copied": .number(isDryRun ? report.plan?.whole.count ?? 0 : figures.packs),
            "bytes_copied": .number(isDryRun ? report.plan?.wholeBytes ?? 0 : figures.packBytes),
            "segments_copied": .number(
                isDryRun ? report.plan?.partial.reduce(0) { $0 + $1.segments.count } ?? 0 : figures.segments),
            "packs_written": .number(figures.newPacks), "bytes_written": .number(figures.newPackBytes),
            "packs_set_aside": .strings(report.setAside.map(\.hex)), "keyrings_copied": .number(report.keyrings),
            "snapshots_not_whole": .number(report.flawed.count),
            "snapshots_only_there": .number(report.absentSnapshots),
            "traffic": .array([repository, other].map(context.trafficJSON).filter { $0 != .null }),
        ]
    }

    private func lines(_ context: CommandContext) -> [String] {
        let figures = report.figures
        var lines: [String] = []
        if report.neededChunks == 0 {
            lines.append("nothing that the snapshots need is damaged or missing")
        } else if let plan = report.plan {
            lines.append(
                "would fetch \(counted(UInt64(report.neededChunks), "chunk")): \(counted(UInt64(plan.whole.count), "pack")) "
                    + "(\(ByteCount.format(plan.wholeBytes))) as they are, \(ByteCount.format(plan.partialBytes)) of others; "
                    + "nothing was done")
        } else {
            lines.append(
                "fetched \(counted(UInt64(report.neededChunks - report.lostChunks), "chunk")): "
                    + "\(counted(UInt64(figures.packs), "pack")) (\(ByteCount.format(figures.packBytes))) as they are, "
                    + "\(counted(UInt64(figures.newPacks), "new pack")) (\(ByteCount.format(figures.newPackBytes)))")
        }
        if !report.setAside.isEmpty {
            lines.append(
                "\(counted(UInt64(report.setAside.count), "pack")) missing or of a wrong size count as absent from now on"
            )
        }
        if report.absentSnapshots > 0 {
            lines.append(
                "\(counted(UInt64(report.absentSnapshots), "snapshot")) only \(other.backend.location) has: "
                    + "`varve sync --from` copies them")
        }
        if !report.flawed.isEmpty {
            lines.append("\(counted(UInt64(report.flawed.count), "snapshot")) not whole: neither place has all of them")
        } else if !isDryRun {
            lines.append("all snapshots are whole")
        }
        return lines + [repository, other].compactMap(context.trafficLine)
    }
}
