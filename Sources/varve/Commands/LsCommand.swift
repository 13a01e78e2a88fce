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
        if context.isJSON { return try context.print(json(entry, display)) }
        guard context.arguments.flag("long") else { return try context.print(display) }
        let time = LocalTime.format(
            nanoseconds: Timestamp(seconds: entry.modified.seconds, nanoseconds: entry.modified.nanoseconds).nanoseconds
        )
        let link = entry.linkTarget.map { " -> " + ByteString.display($0) } ?? ""
        try context.print(
            "\(mode(entry)) \(owner(entry)) \(padded("\(entry.size)", 12)) \(time) \(display)\(link)")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func owner(_ entry: TreeEntry) -> String {
        let user = entry.userName.isEmpty ? "\(entry.userID)" : ByteString.display(entry.userName)
        let group = entry.groupName.isEmpty ? "\(entry.groupID)" : ByteString.display(entry.groupName)
        return user + ":" + group
    }

    /// As `ls -l` writes it; `&` stands for a stream.
    private static func mode(_ entry: TreeEntry) -> String {
        let letters: [TreeEntry.Kind: String] = [
            .file: "-", .folder: "d", .symbolicLink: "l", .characterDevice: "c", .blockDevice: "b", .fifo: "p",
            .socket: "s", .stream: "&",
        ]
        var text = letters[entry.kind] ?? "?"
        for shift in [UInt32(6), 3, 0] {
            let bits = entry.permissions >> shift & 7
            let special = entry.permissions >> (9 + shift / 3) & 1 == 1
            text += bits & 4 != 0 ? "r" : "-"
            text += bits & 2 != 0 ? "w" : "-"
            let execute = shift == 0 ? ("t", "T") : ("s", "S")
            text += special ? (bits & 1 != 0 ? execute.0 : execute.1) : (bits & 1 != 0 ? "x" : "-")
        }
        return text
    }

    private static func json(_ entry: TreeEntry, _ path: String) -> JSONValue {
        let names: [TreeEntry.Kind: String] = [
            .file: "file", .folder: "dir", .symbolicLink: "symlink", .characterDevice: "chardev", .blockDevice: "dev",
            .fifo: "fifo", .socket: "socket", .stream: "stream",
        ]
        return [
            "message_type": "node", "name": .string(ByteString.display(entry.name)), "path": .string(path),
            "type": .string(names[entry.kind] ?? ""), "mode": .number(entry.permissions), "uid": .number(entry.userID),
            "gid": .number(entry.groupID), "user": .string(ByteString.display(entry.userName)),
            "group": .string(ByteString.display(entry.groupName)), "size": .number(entry.size),
            "mtime": .string(
                Timestamp(seconds: entry.modified.seconds, nanoseconds: entry.modified.nanoseconds).rfc3339),
            "inode": .number(entry.inode),
            "linktarget": entry.linkTarget.map { .string(ByteString.display($0)) } ?? .null,
            "command": entry.command.map { .string(ByteString.display($0)) } ?? .null,
        ]
    }
}
