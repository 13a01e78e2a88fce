import CommandLineSupport
import VarveKit

/// `varve sync`: copies snapshots to another repository, or from it.
enum SyncCommand: Command {
    static let declaration = CommandDeclaration(
        "sync", abstract: "Copy snapshots to another repository, or from it.",
        discussion: """
            Between repositories of one family (`varve init --copy-parameters-from`) packs are copied as they are, and only those in which \
            something is needed that the other one lacks. Between others everything is decrypted, cut and stored anew, which takes as long \
            as a first backup.
            A snapshot that the other repository has already, under whatever name and tags, is not copied, nor one that was removed there on \
            purpose, unless it is named here. So each tier keeps its own retention. The --keep options choose among the snapshots here as \
            `varve forget` does, and remove nothing.
            A sync may be broken off at any moment: the next one goes on. Backups and prunes may run on both sides.
            --status copies nothing. It shows where each snapshot is, and whether all of it is there; --to may be given several times.
            """,
        examples: [
            Example("varve sync --to /mnt/offsite", "copy what is not there yet"),
            Example(
                "varve sync --to /mnt/offsite --keep-weekly 52 --verify", "one a week, and read back what was copied"),
            Example("varve sync --from /mnt/offsite latest", "get a snapshot back"),
            Example("varve sync --status --to /mnt/offsite --to /mnt/nas", "which snapshots are where"),
        ],
        options: [
            .value(
                "to", nil, "REPO2", help: "Copy to this repository; repeated: to each.", isRepeatable: true,
                completion: .folder),
            .value("from", nil, "REPO2", help: "Copy from this repository.", completion: .folder),
        ] + Program.filterOptions(hostLetter: nil) + ForgetArguments.policyOptions + [
            .value(
                "group-by", nil, "WHAT",
                help: "Group by any of host, tags, streams, paths for --keep; host,streams,paths unless given."),
            .flag("dry-run", "n", help: "Show what would be copied, and copy nothing."),
            .flag("verify", help: "Read back what was put before a snapshot says that it is there."),
            .flag("status", help: "Show for each snapshot where it is, and whether it is whole."),
            .flag("allow-unencrypted", help: "Copy from a repository that is encrypted to one that is not."),
        ] + CommandContext.OtherPassword.to.options + CommandContext.OtherPassword.from.options,
        positionals: [
            Positional("ID", .anyNumber, help: "These, and no others: the beginnings of names, or `latest`.")
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let arguments = context.arguments
        let destinations = try arguments.values("to")
        let source = try arguments.value("from")
        guard destinations.isEmpty != (source == nil) else {
            throw UsageError(
                source == nil ? "nothing says where to copy to" : "--to and --from are given",
                advice: "give --to REPO2 or --from REPO2")
        }
        let request = try request(context)
        let allowsUnencrypted = arguments.flag("allow-unencrypted")
        let (own, others) = try context.openTiers(
            source.map { [$0] } ?? destinations, source == nil ? .to : .from, allowsUnencrypted: allowsUnencrypted)
        if arguments.flag("status") {
            try SyncStatusOutput(
                try TierStatus.read([own] + others, cancellation: context.cancellation), [own] + others
            ).write(context)
            return 0
        }
        var code: Int32 = 0
        for other in others {
            code = max(
                code,
                try source == nil
                    ? sync(from: own, to: other, request, context) : sync(from: other, to: own, request, context))
        }
        return code
    }

    private static func request(_ context: CommandContext) throws -> SyncRequest {
        var request = SyncRequest()
        request.names = try context.arguments.positionals("ID")
        request.filter = try context.snapshotFilter()
        request.policy = try ForgetArguments.policy(context.arguments)
        request.grouping = try context.grouping() ?? .standard
        request.verifies = context.arguments.flag("verify")
        if request.policy != nil, !request.names.isEmpty {
            throw UsageError(
                "snapshots are named, and a policy is given as well",
                advice: "leave out the names, or the --keep options")
        }
        return request
    }

    private static func sync(
        from source: Repository, to destination: Repository, _ request: SyncRequest, _ context: CommandContext
    ) throws -> Int32 {
        let isDryRun = context.arguments.flag("dry-run")
        if !source.isFamily(of: destination), !isDryRun {
            context.warn(
                "\(destination.backend.location) has other keys or parameters than \(source.backend.location): "
                    + "everything is decrypted and stored anew, which costs as much as a first backup")
        }
        let run = SyncRun(
            from: source, to: destination, request, width: context.width, cancellation: context.cancellation)
        let report = try context.withProgress({ figures(run.currentFigures) }) { () throws(VarveError) in
            try isDryRun ? run.plan() : run.run()
        }
        try SyncOutput(report, isDryRun: isDryRun, source, destination).write(context)
        return report.failed.isEmpty ? 0 : 13
    }

    static func figures(_ figures: TransferFigures) -> ProgressFigures {
        ProgressFigures(
            bytesDone: figures.readBytes, bytesTotal: figures.plannedBytes > 0 ? figures.plannedBytes : nil,
            currentItem: figures.phase.rawValue)
    }
}
