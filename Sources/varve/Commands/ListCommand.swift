import CommandLineSupport
import VarveKit

/// `varve list`: the names of objects.
enum ListCommand: Command {
    static let declaration = CommandDeclaration(
        "list", abstract: "List the names of objects.",
        examples: [Example("varve list packs", "all packs, with their sizes under --verbose or --json")],
        positionals: [
            Positional(
                "WHAT", help: "Which objects.",
                allowedValues: ["snapshots", "index", "packs", "keys", "locks", "chunks"])
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository()
        let what = try context.arguments.positional("WHAT") ?? ""
        if what == "chunks" {
            try listChunks(repository, context)
            return 0
        }
        guard let folder = StorageFolder(rawValue: what == "packs" ? "data" : what) else { return 2 }
        for object in try repository.backend.list(folder).sorted(by: { $0.id < $1.id }) {
            if context.isJSON {
                try context.print([
                    "message_type": "object", "folder": .string(folder.rawValue), "id": .string(object.id.hex),
                    "size": .number(object.size),
                ])
            } else {
                try context.print(object.id.hex + (context.isVerbose ? " \(object.size)" : ""))
            }
        }
        return 0
    }

    private static func listChunks(_ repository: Repository, _ context: CommandContext) throws {
        let index = try repository.loadIndex()
        for (id, size) in index.listing.sorted(by: { $0.key < $1.key }) {
            let record = try repository.readPackRecord(id, size: size)
            for segment in record.directory.segments {
                for chunk in segment.chunks {
                    try context.cancellation.check()
                    if context.isJSON {
                        try context.print([
                            "message_type": "chunk", "id": .string(chunk.id.hex), "length": .number(chunk.length),
                            "class": .string("\(segment.chunkClass)"), "pack": .string(id.hex),
                        ])
                    } else {
                        try context.print("\(chunk.id.hex) \(chunk.length) \(segment.chunkClass)")
                    }
                }
            }
        }
    }
}
