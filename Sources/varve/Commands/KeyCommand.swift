import CommandLineSupport
import VarveKit

/// `varve key`: the passwords that open a repository.
enum KeyCommand: Command {
    private static let newPasswordOptions: [Option] = [
        .value(
            "new-password-file", nil, "FILE", help: "Read the new password from a file.",
            environment: "VARVE_NEW_PASSWORD_FILE", completion: .file),
        .value("label", nil, "TEXT", help: "What to call the new password."),
    ]

    static let declaration = CommandDeclaration(
        "key", abstract: "List, add, remove and change passwords.",
        discussion:
            "A repository has one root key and any number of passwords that open it. Removing a password does not lock out "
            + "whoever has read the root key with it before.",
        subcommands: [
            CommandDeclaration(
                "list", abstract: "List the passwords by their labels.",
                examples: [Example("varve key list", "all of them")]),
            CommandDeclaration(
                "add", abstract: "Add a password; those before keep working.",
                examples: [Example("varve key add --label bob", "asks for the new password")],
                options: newPasswordOptions),
            CommandDeclaration(
                "remove", abstract: "Remove a password.",
                examples: [Example("varve key remove 3f2a", "the one of that name")],
                positionals: [Positional("ID", help: "The beginning of its name in `varve key list`.")]),
            CommandDeclaration(
                "passwd", abstract: "Replace the password in use by a new one.",
                examples: [Example("varve key passwd", "asks for the new password")], options: newPasswordOptions),
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let source = try context.passwordSource()
        let used = Locked<SecretBytes?>(nil)
        let repository = try Repository.open(try context.backend(), environment: try context.environment()) {
            isEncrypted throws(VarveError) in
            guard isEncrypted else { return try source.given() }
            var password = try source.given()
            if password == nil { password = try source.prompted("password of the repository: ", isNew: false) }
            let chosen = password
            used.withLock { $0 = chosen }
            return password
        }
        switch context.arguments.command.last {
        case "list": try list(repository, context)
        case "add":
            let name = try add(repository, context)
            try say(
                "added key \(name.id.shortHex)", ["message_type": "key_added", "id": .string(name.id.hex)], context)
        case "remove":
            let name = try repository.removeKeySlot(prefix: try context.arguments.positional("ID") ?? "")
            try say(
                "removed key \(name.id.shortHex)", ["message_type": "key_removed", "id": .string(name.id.hex)], context)
        default:
            guard let password = used.withLock({ $0 }), let old = try repository.keySlot(openedBy: password) else {
                throw VarveError(.wrongPassword, "the password opens no key slot any more")
            }
            let name = try add(repository, context)
            _ = try repository.removeKeySlot(prefix: old.id.hex)
            try say(
                "the password is changed: key \(name.id.shortHex) instead of \(old.id.shortHex)",
                ["message_type": "key_changed", "id": .string(name.id.hex), "old_id": .string(old.id.hex)], context)
        }
        return 0
    }

    private static func say(_ text: String, _ json: JSONValue, _ context: CommandContext) throws {
        if context.isJSON { try context.print(json) } else if !context.isQuiet { try context.print(text) }
    }

    private static func add(_ repository: Repository, _ context: CommandContext) throws -> ObjectName {
        let source = try context.newPasswordSource()
        guard let password = try source.given() ?? source.prompted("new password: ", isNew: true) else {
            throw VarveError(
                .usage, "no new password is given", advice: "set VARVE_NEW_PASSWORD_FILE or give --new-password-file")
        }
        return try repository.addKeySlot(password: password, label: try context.arguments.value("label") ?? "")
    }

    private static func list(_ repository: Repository, _ context: CommandContext) throws {
        var table = Table([.left("ID"), .left("Label"), .left("Created"), .left("Host"), .left("User")])
        for (name, description) in try repository.listKeySlots() {
            if context.isJSON {
                try context.print([
                    "message_type": "key", "id": .string(name.id.hex), "label": .string(description.label),
                    "created": .string(description.created), "hostname": .string(description.host),
                    "username": .string(description.user),
                ])
            } else {
                let created = Timestamp(rfc3339: description.created).map {
                    LocalTime.format(nanoseconds: $0.nanoseconds)
                }
                table.append([
                    name.id.shortHex, description.label, created ?? description.created, description.host,
                    description.user,
                ])
            }
        }
        if !context.isJSON { try context.print(table.lines) }
    }
}
