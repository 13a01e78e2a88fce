import CommandLineSupport
import VarveKit

/// A command of the program: its declaration, and what it does.
protocol Command: SendableMetatype {
    static var declaration: CommandDeclaration { get }
    /// Gives the exit code.
    static func run(_ context: CommandContext) throws -> Int32
}

/// All that the program can do.
enum Program {
    static let version = "0.1.0"

    static let commands: [any Command.Type] = [
        InitCommand.self, BackupCommand.self, SnapshotsCommand.self, LsCommand.self, FindCommand.self,
        DiffCommand.self, StatsCommand.self, RestoreCommand.self, DumpCommand.self, ForgetCommand.self, TagCommand.self,
        PruneCommand.self, SyncCommand.self, CheckCommand.self, RepairCommand.self, KeyCommand.self, CatCommand.self,
        ListCommand.self,
        CacheCommand.self, SelfTestCommand.self, VersionCommand.self, CompletionCommand.self,
    ]

    static let declaration = ProgramDeclaration(
        name: "varve",
        abstract: "Keep dumps night after night in the space of what changed: encrypted, deduplicated, verified.",
        globalOptions: [
            .value(
                "repo", "r", "REPO",
                help:
                    "The repository: a folder, s3:URL/BUCKET/PREFIX, rest:URL, rclone:REMOTE:PATH, sftp:USER@HOST:PATH.",
                environment: "VARVE_REPOSITORY",
                completion: .folder),
            .value(
                "password-file", nil, "FILE", help: "Read the password from a file.",
                environment: "VARVE_PASSWORD_FILE",
                completion: .file),
            .value(
                "password-command", nil, "COMMAND", help: "Run a command that prints the password.",
                environment: "VARVE_PASSWORD_COMMAND"),
            .value(
                "cache-dir", nil, "DIR", help: "Keep the cache below this folder.", environment: "XDG_CACHE_HOME",
                completion: .folder),
            .flag("no-cache", help: "Use a temporary cache."),
            .value(
                "pack-cache", nil, "SIZE",
                help: """
                    Keep packs of a remote repository in the cache, at most so many bytes, such as 20G, so that what changed can be \
                    stored as a delta; off, or auto (unless given): 4 GiB, or a tenth of what is free.
                    """,
                environment: "VARVE_PACK_CACHE"),
            .value(
                "connections", nil, "N", help: "Requests to a remote repository at once; 6 unless given.",
                environment: "VARVE_CONNECTIONS"),
            .value(
                "limit-upload", nil, "RATE", help: "Send at most so many bytes a second, such as 2M.",
                environment: "VARVE_LIMIT_UPLOAD"),
            .value(
                "limit-download", nil, "RATE", help: "Receive at most so many bytes a second, such as 2M.",
                environment: "VARVE_LIMIT_DOWNLOAD"),
            .value(
                "ca-cert", nil, "FILE", help: "Trust the certificates in this file (PEM).",
                environment: "VARVE_CA_CERT", completion: .file),
            .flag(
                "insecure-tls", help: "Trust any certificate: whoever is on the way can read and change what is sent.",
                environment: "VARVE_INSECURE_TLS"),
            .value(
                "s3-region", nil, "NAME", help: "The region of an S3 bucket, where the server does not say it.",
                environment: "VARVE_S3_REGION"),
            .value(
                "s3-storage-class", nil, "CLASS", help: "The storage class of packs on S3, such as STANDARD_IA.",
                environment: "VARVE_S3_STORAGE_CLASS"),
            .value(
                "s3-addressing", nil, "HOW",
                help: "How URLs name a bucket of S3: auto, path (host/bucket) or virtual-host (bucket.host).",
                environment: "VARVE_S3_ADDRESSING"),
            .flag("json", help: "Write one JSON object a line."),
            .flag("quiet", "q", help: "Write no progress and no summary."),
            .flag("verbose", "v", help: "Say more."),
        ],
        commands: commands.map { $0.declaration },
        environment: [
            EnvironmentVariable("VARVE_REPOSITORY_FILE", help: "A file that holds the name of the repository."),
            EnvironmentVariable("VARVE_PASSWORD", help: "The password itself; a file or a command is safer."),
            EnvironmentVariable(
                KernelLevel.variable,
                help: "The vector instructions to use: \(KernelLevel.allCases.map(\.rawValue).joined(separator: ", "))."
            ),
        ],
        examples: [
            Example("varve init --repo /srv/backup", "make a repository"),
            Example(
                "varve -r /srv/backup backup --stream app.sql='pg_dump app' /etc",
                "back up a database and a folder as one snapshot"),
            Example("varve -r /srv/backup restore latest --target /tmp/restored", "get it all back"),
        ],
        exitCodes: [
            ExitCode(0, "done"),
            ExitCode(1, "failed; no snapshot was made"),
            ExitCode(2, "wrong usage"),
            ExitCode(3, "snapshot saved, but some source files could not be read"),
            ExitCode(4, "snapshot saved, but not in every repository of --also"),
            ExitCode(10, "the repository does not exist"),
            ExitCode(11, "the repository is busy"),
            ExitCode(12, "wrong password"),
            ExitCode(13, "the repository or data in it is damaged"),
            ExitCode(130, "interrupted"),
        ])

    /// Options that choose snapshots.
    static let filterOptions = filterOptions(hostLetter: "H")

    /// - Parameter hostLetter: `nil` for a command where the letter stands for something else.
    static func filterOptions(hostLetter: Character?) -> [Option] {
        [
            .value("host", hostLetter, "HOST", help: "Only snapshots of this host."),
            .value(
                "tag", nil, "TAG", help: "Only snapshots with this tag; repeated: with all of them.",
                isRepeatable: true),
            .value(
                "path", nil, "PATH", help: "Only snapshots of this path or stream; repeated: of all of them.",
                isRepeatable: true),
        ]
    }
}
