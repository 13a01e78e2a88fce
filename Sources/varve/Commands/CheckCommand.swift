import CommandLineSupport
import VarveKit

/// `varve check`: is everything there, and whole.
enum CheckCommand: Command {
    static let declaration = CommandDeclaration(
        "check", abstract: "Check that everything in the repository is there and whole.",
        discussion: """
            Without options: every snapshot, tree, list, index entry and pack is there and has the right size, and no snapshot is \
            missing that was not removed on purpose. With --read-data every byte of every pack is read and checked as well.
            Damage of packs is written down in the repository, so that the next backup stores again what it still has. Then \
            `varve repair` saves what can be saved of the rest.
            When each pack was verified is kept in the cache of this machine. The packs that --read-data-subset chooses by a share or \
            a size are those whose last verification is longest ago; N/T is the N-th of T parts that are always the same.
            """,
        examples: [
            Example("varve check", "structure"),
            Example("varve check --read-data", "every byte; takes as long as reading the repository"),
            Example("varve check --read-data-subset 5%", "every night: all of it in three weeks"),
            Example("varve check --keyless", "on the machine that holds the storage; asks for no password"),
        ],
        options: [
            .flag("read-data", help: "Read and check all packs."),
            .value(
                "read-data-subset", nil, "PART", help: "Read and check some packs: N/T, a share (5%) or a size (10G)."),
            .flag("keyless", help: "Only compare every object with its name; needs no password."),
            .flag("no-record", help: "Do not write down in the repository what is found damaged."),
            .value(
                "repair-from", nil, "REPO2",
                help: "Then fetch from another tier what is damaged or missing, as `varve repair --from` does.",
                completion: .folder),
        ] + CommandContext.OtherPassword.from.options)

    static func run(_ context: CommandContext) throws -> Int32 {
        let arguments = try CheckArguments(context.arguments)
        if let other = arguments.repairsFrom { return try checkAndHeal(other, arguments, context) }
        let report = try arguments.isKeyless ? checkKeyless(arguments, context) : check(arguments, context)
        try CheckOutput(report, arguments, context).write()
        return report.isDamaged ? 13 : 0
    }

    /// Checks, heals what is damaged from another tier, and looks again whether everything is there.
    private static func checkAndHeal(
        _ other: String, _ arguments: CheckArguments, _ context: CommandContext
    ) throws -> Int32 {
        let (own, others) = try context.openTiers([other], .from, cached: false)
        let report = try check(own, arguments, context)
        try CheckOutput(report, arguments, context).write()
        guard report.isDamaged else { return 0 }
        _ = try HealCommand.heal(own, from: others[0], isDryRun: false, context)
        let again = CheckArguments.structure
        let result = try check(own, again, context)
        try CheckOutput(result, again, context).write()
        return result.isDamaged ? 13 : 0
    }

    private static func check(_ arguments: CheckArguments, _ context: CommandContext) throws -> CheckReport {
        try check(try context.openRepository(cached: false), arguments, context)
    }

    private static func check(
        _ repository: Repository, _ arguments: CheckArguments, _ context: CommandContext
    ) throws -> CheckReport {
        let run = CheckRun(
            repository, readsData: arguments.readsData, subset: arguments.subset,
            recordsDamage: arguments.recordsDamage, memory: try context.memory(of: repository),
            width: context.width, cancellation: context.cancellation)
        return try context.withProgress({ figures(run.currentReport) }) { () throws(VarveError) in
            try repository.whilePresent(as: "check") { () throws(VarveError) in try run.run() }
        }
    }

    private static func checkKeyless(_ arguments: CheckArguments, _ context: CommandContext) throws -> CheckReport {
        let run = KeylessCheck(
            try context.backend(), subset: arguments.subset, width: context.width, cancellation: context.cancellation)
        return try context.withProgress({ figures(run.currentReport) }) { () throws(VarveError) in try run.run() }
    }

    private static func figures(_ report: CheckReport) -> ProgressFigures {
        ProgressFigures(
            bytesDone: report.readBytes, bytesTotal: report.chosenBytes > 0 ? report.chosenBytes : nil,
            filesDone: UInt64(report.snapshots))
    }
}
