import CommandLineSupport
import VarveKit

/// `varve backup`: paths and streams into one snapshot, or none.
enum BackupCommand: Command {
    static let declaration = CommandDeclaration(
        "backup", abstract: "Back up paths and streams as one snapshot.",
        discussion: """
            All sources together make one snapshot; where a stream fails, none is made, and what was stored until then is \
            used by the next run.
            --stream runs a command with `bash -o pipefail -c` and stores its standard output; it must exit with status 0 and \
            write something. --stdin stores standard input, which cannot show that whoever writes to it failed: prefer \
            --stream where you can.
            Files that have not changed since the last snapshot of the same paths and host (size, times and inode) are not \
            read again. A file that cannot be read is reported and left out; the exit code is 3 then.
            --also writes the same packs to further repositories of the family (see `varve init --copy-parameters-from`): all is \
            read, compressed and sealed once. What is missing in any of them is stored in all. One that fails is left out, with \
            --repo no exception, and gets no snapshot; the exit code is 4 then, and `varve sync` fills it later. All are \
            opened with the same password.
            What changed in a stream or file is compressed against what stood in its place in the last snapshot, so that a few \
            changed rows cost little more than themselves. With --also, the first repository says whether that is done (--delta).
            """,
        examples: [
            Example(
                "varve backup --stream app.sql='pg_dump app' /etc/app",
                "a database and its configuration, together or not at all"),
            Example("pg_dump app | varve backup --stdin app.sql", "standard input"),
            Example(
                "varve backup /home --exclude '*.o' --exclude-caches --tag nightly",
                "a folder, without what can be made again"),
            Example(
                "varve backup -r /srv/backup --also s3:https://minio.example/backup /etc", "to two places at once"),
        ],
        options: [
            .value(
                "also", nil, "REPO", help: "Back up to this repository as well; may be repeated.", isRepeatable: true,
                completion: .folder),
            .value("stdin", nil, "NAME", help: "Store standard input under this name."),
            .value(
                "stream", nil, "NAME=COMMAND", help: "Store what a command writes under this name; may be repeated.",
                isRepeatable: true),
            .value("allow-empty", nil, "NAME", help: "Let this stream have no bytes.", isRepeatable: true),
            .value("tag", nil, "TAG", help: "Tag the snapshot; may be repeated, or hold commas.", isRepeatable: true),
            .value("host", "H", "HOST", help: "The host of the snapshot; this one unless given."),
            .value("time", nil, "TIME", help: "The snapshot's time, such as \"2026-11-21 01:05\"; now unless given."),
            .value("exclude", "e", "PATTERN", help: "Leave out what matches.", isRepeatable: true),
            .value(
                "iexclude", nil, "PATTERN", help: "Like --exclude, without regard to upper and lower case.",
                isRepeatable: true),
            .value(
                "exclude-file", nil, "FILE", help: "Leave out what matches a line of this file.", isRepeatable: true,
                completion: .file),
            .flag(
                "exclude-caches",
                help: "Leave out what is in folders with a CACHEDIR.TAG; varve's own cache is left out anyway."),
            .flag("one-file-system", "x", help: "Do not enter other file systems."),
            .value("parent", nil, "SNAPSHOT", help: "Compare with this snapshot instead of the last one."),
            .flag("force", "f", help: "Read all files, changed or not."),
            .value(
                "compression", nil, "LEVEL",
                help: "off, fastest, default, better, max, or a level of zstd from -20 to 22."),
            .value(
                "delta", nil, "WHEN",
                help: """
                    Whether to compress what changed against what stood in its place in the last snapshot: always, off, or auto \
                    (unless given), which is where that is near: in a local folder, or among the packs that are kept (--pack-cache).
                    """,
                allowedValues: DeltaPolicy.allCases.map(\.rawValue), environment: "VARVE_DELTA"),
        ],
        positionals: [Positional("PATH", .anyNumber, help: "Files and folders.", completion: .file)])

    static func run(_ context: CommandContext) throws -> Int32 {
        var request = try BackupArguments(context).request()
        let places = try BackupPlaces(context)
        if let parent = try context.arguments.value("parent") {
            request.parent = try context.load(places.repositories[0]).snapshots.snapshot(named: parent).id
        }
        let run = BackupRun(places.repositories, request, cancellation: context.cancellation)
        let result = try context.withProgress({
            let progress = run.currentProgress
            return ProgressFigures(
                bytesDone: progress.bytes + progress.unchangedBytes, bytesNew: progress.newBytes,
                filesDone: progress.files, currentItem: progress.current)
        }) { () throws(VarveError) in try run.run() }
        let report = BackupReport(
            result: result, tiers: places.failures + result.tiers, traffic: context.takeTraffic())
        try report.write(context)
        if report.isMissingSomewhere { return 4 }
        return result.progress.errors > 0 ? 3 : 0
    }
}
