import CommandLineSupport
import VarveKit

/// `varve ls`: lists what is in a snapshot.
enum LsCommand: Command {
    static let declaration = CommandDeclaration(
        "ls", abstract: "List the files and streams of a snapshot.",
        examples: [
            Example("varve ls latest", "everything in the latest snapshot"),
            Example("varve ls -l latest:/etc", "a folder, with owners, sizes and times"),
        ],
        options: Program.filterOptions + [.flag("long", "l", help: "Show type, owner, size and time.")],
        positionals: [
            Positional("SNAPSHOT", placeholder: "SNAPSHOT[:PATH]", help: "A name, its beginning, or `latest`.")
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository()
        let (index, snapshots) = try context.load(repository, content: true)
        let (snapshot, path) = try context.snapshotAndPath(
            context.arguments.positionalBytes("SNAPSHOT")[0], among: snapshots)
        let reader = TreeReader(SegmentReader(repository: repository, index: index.chunks))
        if context.isJSON {
            try context.print(SnapshotsCommand.json(snapshot))
        } else if context.isVerbose {
            context.warn(
                "snapshot \(snapshot.id.shortHex) of \(LocalTime.format(nanoseconds: snapshot.record.time.nanoseconds))"
            )
        }
        let entry = try reader.entry(at: path, below: snapshot.record.root)
        if let entry, entry.subtree == nil {
            try show(entry, at: path, context)
        } else {
            try list(entry?.subtree ?? snapshot.record.root, at: path, reader, context)
        }
        return 0
    }

    private static func list(
        _ folder: TreeEntry.Subtree, at path: [[UInt8]], _ reader: TreeReader, _ context: CommandContext
    ) throws {
        try TreeReader.checkDepth(of: path)
        var cursor = TreeCursor(folder)
        while let entry = try cursor.next(reader.readTree) {
            try context.cancellation.check()
            let entryPath = path + [entry.name]
            try show(entry, at: entryPath, context)
            if let below = entry.subtree { try list(below, at: entryPath, reader, context) }
        }
    }

    private static func show(_ entry: TreeEntry, at path: [[UInt8]], _ context: CommandContext) throws {
        let display = TreeReader.display(path)
        if context.isJSON { return try context.print(EntryOutput.json(entry, display, as: "node")) }
        try context.print(context.arguments.flag("long") ? EntryOutput.longLine(entry, display) : display)
    }
}
