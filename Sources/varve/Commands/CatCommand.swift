import CommandLineSupport
import Glibc
import VarveKit

/// `varve cat`: what an object says.
enum CatCommand: Command {
    static let declaration = CommandDeclaration(
        "cat", abstract: "Show an object as JSON, or the bytes of a chunk.",
        examples: [
            Example("varve cat config", "the configuration"),
            Example("varve cat snapshot latest", "a snapshot as it is stored"),
        ],
        options: Program.filterOptions,
        positionals: [
            Positional(
                "WHAT", help: "What kind of object.", allowedValues: ["config", "snapshot", "index", "pack", "chunk"]),
            Positional("ID", .optional, help: "Its name, or the beginning of it."),
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository()
        let what = try context.arguments.positional("WHAT") ?? ""
        if what == "config" {
            try write(try repository.backend.readConfiguration() ?? [])
            return 0
        }
        guard let text = try context.arguments.positional("ID") else {
            throw UsageError("cat \(what) needs a name", advice: "`varve list` shows the names")
        }
        switch what {
        case "snapshot":
            let snapshot = try context.load(repository).snapshots.snapshot(named: text, try context.snapshotFilter())
            try write(
                try repository.readObject(ObjectName(.snapshots, snapshot.id), types: [.snapshot]).plain
                    + Array("\n".utf8))
        case "index": try catIndex(try name(text, in: .index, repository), repository, context)
        case "pack":
            let name = try name(text, in: .data, repository)
            let size = try repository.backend.list(.data).first { $0.id == name.id }?.size ?? 0
            try context.print(json(try repository.readPackRecord(name.id, size: size)))
        default: try catChunk(text, repository)
        }
        return 0
    }

    private static func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try StandardOutput.output.write($0) }
    }

    private static func name(_ text: String, in folder: StorageFolder, _ repository: Repository) throws -> ObjectName {
        let matches = try repository.backend.list(folder).filter { $0.id.hex.hasPrefix(text.lowercased()) }
        guard let match = matches.first else {
            throw VarveError(
                .notFound, "there is no object \(folder.rawValue)/\(text)", advice: "`varve list` shows the names")
        }
        guard matches.count == 1 else {
            throw VarveError(.usage, "\(text) begins the names of \(matches.count) objects", advice: "give more digits")
        }
        return ObjectName(folder, match.id)
    }

    private static func catChunk(_ text: String, _ repository: Repository) throws {
        guard let id = Digest(hex: text) else {
            throw UsageError(
                "\"\(text)\" is not the ID of a chunk", advice: "give all 64 digits; `varve list chunks` shows them")
        }
        let index = try repository.loadIndex()
        guard let location = index.chunks.allLocations(of: id).first,
            let chunkClass = ChunkClass(rawValue: location.chunkClass)
        else { throw VarveError(.notFound, "no pack holds the chunk \(text)") }
        try write(try SegmentReader(repository: repository, index: index.chunks).chunk(id, as: chunkClass))
    }

    private static func catIndex(_ name: ObjectName, _ repository: Repository, _ context: CommandContext) throws {
        let (header, plain) = try repository.readObject(
            name, types: [.index, .condemnRecord, .drainRecord, .voidRecord, .forgetRecord, .damageRecord])
        if header.type == .index {
            let object = try IndexObject(decoding: plain, in: repository.configuration.repository)
            try context.print([
                "type": "index", "session": .string(header.session.hex), "packs": .array(object.packs.map(json)),
            ])
        } else {
            try context.print([
                "type": .string("\(header.type)"),
                "record": .string("\(try IndexRecord.decode(plain, type: header.type).record)"),
            ])
        }
    }

    private static func json(_ record: PackRecord) -> JSONValue {
        [
            "id": .string(record.id.hex), "size": .number(record.size), "type": .string("\(record.header.type)"),
            "suite": .string("\(record.header.suite)"), "key_epoch": .number(record.header.keyEpoch),
            "session": .string(record.header.session.hex),
            "segments": .array(
                record.directory.segments.map { segment in
                    [
                        "sealed_length": .number(segment.sealedLength), "raw_length": .number(segment.rawLength),
                        "codec": .number(segment.codec.rawValue), "class": .string("\(segment.chunkClass)"),
                        "chunks": .array(
                            segment.chunks.map { ["id": .string($0.id.hex), "length": .number($0.length)] }),
                        "bases": .strings(segment.bases.map(\.hex)),
                    ]
                }),
        ]
    }
}
