import CommandLineSupport
import VarveKit

/// `varve tag`: changes the tags of snapshots.
enum TagCommand: Command {
    static let declaration = CommandDeclaration(
        "tag", abstract: "Change the tags of snapshots.",
        discussion: """
            A snapshot with other tags has another name; `varve snapshots --json` shows the first one as `original`. The old \
            snapshot goes once the new one is acknowledged. Without names and filters all snapshots are meant.
            """,
        examples: [
            Example("varve tag --add release latest", "the latest snapshot"),
            Example("varve tag --remove nightly --add weekly --host db1 --tag nightly", "all that were tagged so"),
            Example("varve tag --set '' 3f2a9c01", "no tags any more"),
        ],
        options: [
            .value("add", nil, "TAG", help: "Add this tag, or several joined by commas.", isRepeatable: true),
            .value("remove", nil, "TAG", help: "Remove this tag, or several joined by commas.", isRepeatable: true),
            .value("set", nil, "TAG", help: "These tags instead of all others; '' for none.", isRepeatable: true),
        ] + Program.filterOptions,
        positionals: [Positional("ID", .anyNumber, help: "Only these: the beginnings of names, or `latest`.")])

    static func run(_ context: CommandContext) throws -> Int32 {
        let change = try change(context.arguments)
        let repository = try context.openRepository()
        let all = try context.load(repository).snapshots
        let chosen = try context.snapshotsToChange(try context.arguments.positionals("ID"), among: all)
        let run = TagRun(repository, change, width: context.width, cancellation: context.cancellation)
        var changed = 0
        var retained: [String] = []
        var hasFailed = false
        for old in chosen {
            guard let result = try run.run(old) else { continue }
            changed += 1
            try write(result.snapshot, insteadOf: old, context)
            if let error = result.retained {
                retained.append(old.id.hex)
                if error.kind != .retained { hasFailed = true }
                context.warnRetained(old, error)
            }
        }
        if context.isJSON {
            try context.print([
                "message_type": "summary", "changed": .number(changed), "unchanged": .number(chosen.count - changed),
                "retained": .strings(retained),
            ])
        } else if !context.isQuiet {
            try context.print("changed the tags of \(counted(UInt64(changed), "snapshot")) of \(chosen.count)")
        }
        return hasFailed ? 1 : 0
    }

    private static func change(_ arguments: ParsedArguments) throws -> TagChange {
        func tags(_ name: String) throws -> [String] {
            try arguments.values(name).flatMap { $0.split(separator: ",").map(String.init) }
        }
        let (added, removed) = (try tags("add"), try tags("remove"))
        guard arguments.valuesBytes("set").isEmpty else {
            guard added.isEmpty, removed.isEmpty else {
                throw UsageError("--set leaves no other tags", advice: "leave out --add and --remove, or --set")
            }
            return .set(try tags("set"))
        }
        guard !added.isEmpty || !removed.isEmpty else {
            throw UsageError("no tag is given", advice: "give --add, --remove or --set")
        }
        if let tag = added.first(where: removed.contains) {
            throw UsageError("the tag \"\(tag)\" is to be added and removed", advice: "leave out one of the two")
        }
        return .edit(add: added, remove: removed)
    }

    private static func write(_ new: Snapshot, insteadOf old: Snapshot, _ context: CommandContext) throws {
        if context.isJSON {
            try context.print([
                "message_type": "tagged", "id": .string(new.id.hex), "old_id": .string(old.id.hex),
                "tags": .strings(new.record.tags),
            ])
        } else if !context.isQuiet {
            let tags = new.record.tags.isEmpty ? "no tags" : "tags " + new.record.tags.joined(separator: ",")
            try context.print(
                TerminalText.printable("snapshot \(new.id.shortHex) instead of \(old.id.shortHex): \(tags)"))
        }
    }
}
