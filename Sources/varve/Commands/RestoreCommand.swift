import CommandLineSupport
import VarveKit

/// `varve restore`: files back from a snapshot.
enum RestoreCommand: Command {
    static let declaration = CommandDeclaration(
        "restore", abstract: "Write a snapshot, or a part of it, below a folder.",
        discussion: """
            Files come back with owners (as root), permissions, times, links, extended attributes and access control lists. \
            Nothing is ever written outside of the target, and nothing is deleted but what stands in the place of something else.
            A file of which something is damaged gets the name NAME.damaged; the rest is restored, and the exit code is 13.
            Without --overwrite nothing that exists is changed, unless the target is new or empty.
            """,
        examples: [
            Example("varve restore latest --target /tmp/restored", "everything"),
            Example(
                "varve restore latest:/etc/app --target /etc/app --overwrite if-changed --verify",
                "a folder, in place, read back and compared"),
        ],
        options: Program.filterOptions + [
            .value(
                "target", "t", "DIR", help: "The folder to write to; made where it is missing.", isRequired: true,
                completion: .folder),
            .value("include", "i", "PATTERN", help: "Only what matches; may be repeated.", isRepeatable: true),
            .value("exclude", "e", "PATTERN", help: "Not what matches; may be repeated.", isRepeatable: true),
            .value(
                "overwrite", nil, "WHEN", help: "What to do with what exists.",
                allowedValues: OverwritePolicy.allCases.map(\.rawValue)),
            .flag("verify", help: "Read everything back and compare."),
            .flag("sparse", help: "Make holes of runs of zeros."),
        ],
        positionals: [
            Positional("SNAPSHOT", placeholder: "SNAPSHOT[:PATH]", help: "A name, its beginning, or `latest`.")
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository()
        return try repository.whilePresent(as: "restore") { try run(repository, context) }
    }

    private static func run(_ repository: Repository, _ context: CommandContext) throws -> Int32 {
        let arguments = context.arguments
        let (index, snapshots) = try context.load(repository, content: true)
        let (snapshot, path) = try context.snapshotAndPath(arguments.positionalBytes("SNAPSHOT")[0], among: snapshots)
        guard let target = BytePath(validating: arguments.valueBytes("target") ?? []) else {
            throw UsageError("--target is empty", advice: "name a folder")
        }
        var request = RestoreRequest(snapshot: snapshot, path: path, target: try target.absolute())
        request.overwrite = try arguments.value("overwrite").flatMap(OverwritePolicy.init)
        let includes = arguments.valuesBytes("include")
        if !includes.isEmpty { request.includes = try ExcludePatterns(includes) }
        let excludes = arguments.valuesBytes("exclude")
        if !excludes.isEmpty { request.excludes = try ExcludePatterns(excludes) }
        request.verifies = arguments.flag("verify")
        request.makesSparse = arguments.flag("sparse")
        request.width = context.width
        if !context.isQuiet, !context.isJSON {
            let time = LocalTime.format(nanoseconds: snapshot.record.time.nanoseconds)
            try context.print("restoring snapshot \(snapshot.id.shortHex) of \(time), host \(snapshot.record.host)")
        }
        let reader = SegmentReader.forStreams(of: repository, index: index.chunks)
        let run = RestoreRun(repository, reader, request, cancellation: context.cancellation)
        let isWhole = path.isEmpty && includes.isEmpty && excludes.isEmpty
        let total = isWhole ? snapshot.record.summary.bytes : nil
        let result = try context.withProgress({
            let progress = run.currentProgress
            return ProgressFigures(
                bytesDone: progress.bytes, bytesTotal: total, filesDone: progress.files, currentItem: progress.current)
        }) { () throws(VarveError) in try run.run() }
        try report(result, snapshot, request, context)
        if result.failures.contains(where: \.isDamage) { return 13 }
        return result.failures.isEmpty ? 0 : 1
    }

    private static func report(
        _ result: RestoreResult, _ snapshot: Snapshot, _ request: RestoreRequest, _ context: CommandContext
    ) throws {
        for failure in result.failures {
            if context.isJSON {
                try context.print([
                    "message_type": "failure", "path": .string(failure.path), "message": .string(failure.problem),
                    "damaged": .bool(failure.isDamage),
                ])
            } else {
                context.warn("\(failure.path): \(failure.problem)")
            }
        }
        let progress = result.progress
        let traffic = context.takeTraffic()
        if context.isJSON {
            try context.print([
                "message_type": "summary", "snapshot_id": .string(snapshot.id.hex), "files": .number(progress.files),
                "folders": .number(progress.folders), "others": .number(progress.others),
                "skipped": .number(progress.skipped), "bytes": .number(progress.bytes),
                "bytes_written": .number(progress.writtenBytes), "verified": .number(progress.verified),
                "failures": .number(result.failures.count), "seconds": .double(result.seconds),
                "traffic": CommandContext.json(traffic),
            ])
        } else if !context.isQuiet {
            var line =
                "restored \(counted(progress.files, "file")), \(counted(progress.folders, "folder")), "
                + "\(ByteCount.format(progress.bytes)) (\(ByteCount.format(progress.writtenBytes)) written) in "
                + DurationText.format(seconds: result.seconds)
            if progress.skipped > 0 { line += "; \(progress.skipped) left alone (see --overwrite)" }
            if request.verifies { line += "; \(progress.verified) verified" }
            if !result.failures.isEmpty { line += "; \(counted(UInt64(result.failures.count), "failure"))" }
            try context.print(line)
            if let line = CommandContext.line(traffic) { try context.print(line) }
        }
    }
}
