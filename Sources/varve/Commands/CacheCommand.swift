import CommandLineSupport
import VarveKit

/// `varve cache`: what this machine keeps to be faster.
enum CacheCommand: Command {
    static let declaration = CommandDeclaration(
        "cache", abstract: "Show or clear the cache of this machine.",
        discussion:
            "The cache holds the index, small objects, and of a remote repository packs to compare what changed with. It can be cleared at any time: the next command builds it again. The "
            + "writer's sequence, by which a snapshot that the storage hides shows, is kept.",
        subcommands: [
            CommandDeclaration(
                "show", abstract: "Show where it is and how large.",
                examples: [Example("varve cache show", "of this repository")]),
            CommandDeclaration(
                "clear", abstract: "Remove what can be built again.",
                examples: [Example("varve cache clear", "of this repository")]),
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository()
        let cache = repository.cache
        if context.arguments.command.last == "clear" {
            try cache.clear()
            if context.isJSON {
                try context.print(["message_type": "cache_cleared", "path": .string(cache.path.display)])
            }
            return 0
        }
        let (size, packs) = (try cache.size(), try cache.sizeOfPacks())
        if context.isJSON {
            try context.print([
                "message_type": "cache", "path": .string(cache.path.display), "bytes": .number(size),
                "pack_bytes": .number(packs),
            ])
        } else {
            let part = packs > 0 ? ", of it \(ByteCount.format(packs)) packs" : ""
            try context.print("\(cache.path.display): \(ByteCount.format(size))\(part)")
        }
        return 0
    }
}
