import CommandLineSupport
import VarveKit

/// `varve repair`: make good what can be made good, and say what is lost.
enum RepairCommand: Command {
    private static let dryRun = Option.flag("dry-run", "n", help: "Only say what would be done.")

    static let declaration = CommandDeclaration(
        "repair", abstract: "Make good what can be made good, and say what is lost.",
        discussion: """
            First run `varve check --read-data`, which writes down what is damaged, then a backup, which stores again what it still \
            has; then `repair index` where the index is damaged, `repair packs`, and at the end `repair snapshots` for what is lost.
            Nothing that may be needed is deleted.
            With another tier of the repository, `repair --from REPO2` before all that fetches from there what is damaged or missing here.
            """,
        subcommands: [
            HealCommand.declaration,
            CommandDeclaration(
                "index", abstract: "Make the index say what the packs say.",
                discussion: """
                    Index objects that are wrong are replaced. Those that cannot be read are set aside under their name with \
                    `.damaged` behind it; everything that they said is in the packs.
                    Records (what was removed, what is being pruned, what is damaged) cannot be built again. One that cannot be read \
                    stays, and keeps prunes from deleting, until --with-records sets it aside too: only while no prune is running.
                    """,
                examples: [Example("varve repair index", "after a check that names objects of index/")],
                options: [dryRun, .flag("with-records", help: "Set records aside too that cannot be read.")]),
            CommandDeclaration(
                "packs", abstract: "Copy what is right in damaged packs into new ones.",
                discussion: """
                    Takes the packs that `varve check` has found damaged. They stay where they are, and count as absent; a prune \
                    removes one once no snapshot needs anything that was only in it.
                    """,
                examples: [Example("varve repair packs --dry-run", "what can be saved")],
                options: [dryRun],
                positionals: [
                    Positional("PACK", .anyNumber, help: "Whole names of further packs that are to be replaced.")
                ]),
            CommandDeclaration(
                "snapshots", abstract: "Replace snapshots of which something is lost.",
                discussion: """
                    Says which paths and bytes are lost. The new snapshot has all the rest; in it zeros stand for lost bytes, and a \
                    mark says so: restore warns, and dump refuses unless --allow-lost is given. The next backup reads such files again.
                    What can be stored again from its source is not lost: make a backup first.
                    """,
                examples: [Example("varve repair snapshots --dry-run", "what is lost")],
                options: [
                    dryRun,
                    .flag(
                        "forget-unreadable", help: "Give up snapshots that cannot be read themselves or are missing."),
                ]),
        ], implyingOption: "from")

    static func run(_ context: CommandContext) throws -> Int32 {
        if context.arguments.command.last == HealCommand.declaration.name { return try HealCommand.run(context) }
        let repository = try context.openRepository(cached: false)
        switch context.arguments.command.last {
        case "index": return try repairIndex(repository, context)
        case "packs": return try repairPacks(repository, context)
        default: return try repairSnapshots(repository, context)
        }
    }

    private static func repairIndex(_ repository: Repository, _ context: CommandContext) throws -> Int32 {
        let isDryRun = context.arguments.flag("dry-run")
        let repair = IndexRepair(
            repository, setsRecordsAside: context.arguments.flag("with-records"), width: context.width,
            cancellation: context.cancellation)
        let report = try context.withProgress({ ProgressFigures(bytesDone: 0, filesDone: repair.readPacks) }) {
            () throws(VarveError) in
            try repository.whilePresent(as: "repair index") { () throws(VarveError) in
                try repair.run(isDryRun: isDryRun)
            }
        }
        try RepairOutput(context).write(report, isDryRun: isDryRun)
        return report.unreadableObjects.isEmpty || isDryRun ? 0 : 13
    }

    private static func repairPacks(_ repository: Repository, _ context: CommandContext) throws -> Int32 {
        let isDryRun = context.arguments.flag("dry-run")
        var names: Set<Digest> = []
        for text in try context.arguments.positionals("PACK") {
            guard let name = Digest(hex: text) else {
                throw UsageError(
                    "\"\(text)\" is no name of a pack", advice: "give all 64 digits, as `varve check` does")
            }
            names.insert(name)
        }
        let chosen = names
        let salvage = PackSalvage(repository, width: context.width, cancellation: context.cancellation)
        let packs = try context.withProgress({ ProgressFigures(bytesDone: salvage.readBytes) }) {
            () throws(VarveError) in
            try isDryRun ? salvage.plan(chosen) : salvage.run(chosen)
        }
        try RepairOutput(context).write(packs, isDryRun: isDryRun)
        return packs.contains { $0.lostChunks > 0 || !$0.isKnown } ? 13 : 0
    }

    private static func repairSnapshots(_ repository: Repository, _ context: CommandContext) throws -> Int32 {
        let isDryRun = context.arguments.flag("dry-run")
        let forgetsUnreadable = context.arguments.flag("forget-unreadable")
        let repair = SnapshotRepair(
            repository, program: "varve \(Program.version)", memory: try context.memory(of: repository),
            width: context.width, cancellation: context.cancellation)
        let report = try context.withProgress({ ProgressFigures() }) { () throws(VarveError) in
            try repository.whilePresent(as: "repair snapshots") { () throws(VarveError) in
                try repair.run(isDryRun: isDryRun, forgetsUnreadable: forgetsUnreadable)
            }
        }
        try RepairOutput(context).write(report, isDryRun: isDryRun)
        let isWhole =
            report.unreadableSnapshots.isEmpty && report.repaired.isEmpty && report.snapshotsSetAside.isEmpty
            && report.missingSnapshots.isEmpty
        return isWhole ? 0 : 13
    }
}
