import CommandLineSupport
import VarveKit

/// `varve dump`: one stream or file, or a folder as tar, to standard output.
enum DumpCommand: Command {
    static let declaration = CommandDeclaration(
        "dump", abstract: "Write a stream or file of a snapshot to standard output.",
        discussion:
            "Every byte is checked before it is written. Where something is damaged, the output ends before it, and the exit "
            + "code is 13: what reads the output should look at that (set -o pipefail).",
        examples: [
            Example("varve dump latest:app.sql | psql app", "load a database"),
            Example("varve dump --archive tar latest:/etc > etc.tar", "a folder as an archive"),
        ],
        options: Program.filterOptions + [
            .value("archive", nil, "FORMAT", help: "Write a folder as an archive.", allowedValues: ["tar"]),
            .flag("allow-lost", help: "Write zeros for what `varve repair snapshots` found lost, instead of failing."),
        ],
        positionals: [
            Positional(
                "SNAPSHOT", placeholder: "SNAPSHOT:PATH", help: "A name, its beginning, or `latest`; and what of it.")
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository()
        return try repository.whilePresent(as: "dump") { try run(repository, context) }
    }

    private static func run(_ repository: Repository, _ context: CommandContext) throws -> Int32 {
        let (index, snapshots) = try context.load(repository, content: true)
        let (snapshot, path) = try context.snapshotAndPath(
            context.arguments.positionalBytes("SNAPSHOT")[0], among: snapshots)
        if context.isVerbose {
            context.warn(
                "snapshot \(snapshot.id.shortHex) of \(LocalTime.format(nanoseconds: snapshot.record.time.nanoseconds))"
            )
        }
        let reader = SegmentReader.forStreams(of: repository, index: index.chunks)
        let entry = try TreeReader(reader).entry(at: path, below: snapshot.record.root)
        let dump = DumpRun(
            reader, width: context.width, allowsLost: context.arguments.flag("allow-lost"),
            cancellation: context.cancellation, warn: { context.warn($0) })
        PipeRoom.enlarge(StandardOutput.output.descriptor)
        let written = Locked(UInt64(0))
        let output: DumpRun.Output = { bytes throws(VarveError) in
            do throws(OutputError) {
                try StandardOutput.output.write(bytes)
            } catch {
                throw VarveError(.local, error.description)
            }
            written.withLock { $0 += UInt64(bytes.count) }
        }
        try context.withProgress(
            ownsOutput: false,
            {
                ProgressFigures(bytesDone: written.withLock { $0 }, bytesTotal: entry.map(\.size))
            }
        ) {
            if try context.arguments.value("archive") != nil {
                guard let folder = entry.map(\.subtree) ?? snapshot.record.root else {
                    throw UsageError("\(TreeReader.display(path)) is no folder", advice: "leave --archive out")
                }
                try dump.writeArchive(of: folder, prefix: path, to: output)
            } else if let entry {
                try dump.write(entry, to: output)
            } else {
                throw UsageError(
                    "no stream or file is named",
                    advice: "write \(snapshot.id.shortHex):NAME; `varve ls` shows the names")
            }
        }
        return 0
    }
}
