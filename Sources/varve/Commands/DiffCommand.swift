import CommandLineSupport
import VarveKit

/// `varve diff`: what changed from one snapshot to another.
enum DiffCommand: Command {
    static let declaration = CommandDeclaration(
        "diff", abstract: "Show what differs between two snapshots.",
        discussion: """
            Each line begins with a letter: + added, - removed, M modified content (of a stream, file, link or device), T another \
            type, U other metadata (with --metadata): owner, permissions, time, extended attributes.
            Folders that are equal are not read. Chunks count once: new ones are those that the files which differ have in B and not \
            in A.
            With --json each change is an object with modifier, path, type and both sizes, and a summary follows.
            """,
        examples: [
            Example("varve diff latest~1 latest", "what the last night changed"),
            Example("varve diff --metadata 1c0ffee0 latest /etc/app", "one folder, with owners and permissions"),
        ],
        options: Program.filterOptions + [.flag("metadata", help: "Show changes of metadata too.")],
        positionals: [
            Positional("A", placeholder: "A[:PATH]", help: "The older one: a name, its beginning, or `latest~1`."),
            Positional("B", placeholder: "B[:PATH]", help: "The newer one."),
            Positional("PATH", .optional, help: "Only this file, stream or folder of both."),
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository()
        return try repository.whilePresent(as: "diff") { try run(repository, context) }
    }

    private static func run(_ repository: Repository, _ context: CommandContext) throws -> Int32 {
        let (index, snapshots) = try context.load(repository, content: true)
        let arguments = context.arguments
        let path = BytePath(arguments.positionalBytes("PATH").first ?? []).components
        let reader = TreeReader(SegmentReader(repository: repository, index: index.chunks))
        var before = DiffSide(try context.snapshotAndPath(arguments.positionalBytes("A")[0], among: snapshots))
        var after = DiffSide(try context.snapshotAndPath(arguments.positionalBytes("B")[0], among: snapshots))
        try before.find(path, reader)
        try after.find(path, reader)
        if !before.isThere, !after.isThere {
            throw VarveError(
                .notFound, "neither snapshot has \(TreeReader.display(before.path))",
                advice: "`varve ls` shows what they have")
        }
        if !context.isQuiet, !context.isJSON {
            try context.print("from \(context.headline(before.snapshot))")
            try context.print("  to \(context.headline(after.snapshot))")
        }
        let shown = before.path == after.path ? before.path : []
        var (change, comparison) = TreeComparison.of(before.entry, after.entry, at: shown)
        if before.path.isEmpty || after.path.isEmpty {
            (change, comparison) = (nil, TreeComparison(before.folder, after.folder, at: shown))
        }
        var summary = ChangeSummary()
        var chunks = ChunkDifference(ordinals: index.chunks.ordinalCount, index.chunks.ordinal)
        while let current = try change ?? comparison.next(reader.readTree) {
            change = nil
            try context.cancellation.check()
            summary.add(current)
            try chunks.add(current.before?.content, current.after?.content, reader.readList)
            if current.kind != .metadata || arguments.flag("metadata") { try show(current, context) }
        }
        try DiffReport(before: before.snapshot, after: after.snapshot, summary: summary, chunks: chunks).write(context)
        return 0
    }

    private static func show(_ change: TreeChange, _ context: CommandContext) throws {
        let isFolder = (change.after ?? change.before)?.kind == .folder
        let path = TreeReader.display(change.path) + (isFolder ? "/" : "")
        guard context.isJSON else { return try context.print("\(change.kind.rawValue)  \(path)") }
        try context.print([
            "message_type": "change", "modifier": .string(String(change.kind.rawValue)), "path": .string(path),
            "type": (change.after ?? change.before).map { .string(EntryOutput.typeName($0.kind)) } ?? .null,
            "size_before": change.before.map { .number($0.size) } ?? .null,
            "size_after": change.after.map { .number($0.size) } ?? .null,
        ])
    }
}

/// What of a snapshot is compared.
private struct DiffSide {
    let snapshot: Snapshot
    private(set) var path: [[UInt8]]
    /// `nil` for the root, and where there is nothing at the path.
    private(set) var entry: TreeEntry?
    private(set) var isThere = true

    init(_ argument: (snapshot: Snapshot, path: [[UInt8]])) {
        snapshot = argument.snapshot
        path = argument.path
    }

    var folder: TreeEntry.Subtree? { path.isEmpty ? snapshot.record.root : entry?.subtree }

    /// Looks up the path, which must be there, and `further` below it, which may be missing.
    mutating func find(_ further: [[UInt8]], _ reader: TreeReader) throws(VarveError) {
        _ = try reader.entry(at: path, below: snapshot.record.root)
        path += further
        do throws(VarveError) {
            entry = try reader.entry(at: path, below: snapshot.record.root)
        } catch  where error.kind == .notFound {
            isThere = false
        }
    }
}
