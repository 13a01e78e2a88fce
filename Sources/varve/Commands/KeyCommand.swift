import CommandLineSupport
import VarveKit

/// `varve key`: the passwords that open a repository, and the keys that seal it.
enum KeyCommand: Command {
    private static let newPasswordOptions: [Option] = [
        .value(
            "new-password-file", nil, "FILE", help: "Read the new password from a file.",
            environment: "VARVE_NEW_PASSWORD_FILE", completion: .file),
        .value("label", nil, "TEXT", help: "What to call the new password."),
    ]

    static let declaration = CommandDeclaration(
        "key", abstract: "List, add, remove and change passwords; rotate the master key.",
        discussion:
            "A repository has one root key and any number of passwords that open it. Removing a password does not lock out "
            + "whoever has read the root key with it before.",
        subcommands: [
            CommandDeclaration(
                "list", abstract: "List the passwords by their labels, and the master keys by their epochs.",
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
            CommandDeclaration(
                "rotate", abstract: "Seal what is written from now on with a new master key.",
                discussion:
                    "New packs and snapshots are sealed with the new key, and old ones once `varve prune` repacks them; what "
                    + "was written before stays readable. Passwords stay as they are. It protects new data against "
                    + "whoever got hold of an old master key and nothing else. It does not lock out whoever knows a password or has seen the "
                    + "root key, which opens all master keys: that takes a new repository. Backups that are running go on with "
                    + "the key before. Other repositories of a family (init --copy-parameters-from) are rotated by themselves.",
                examples: [Example("varve key rotate", "then `varve key list` shows the epochs")]),
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
        case "list": try KeyListing(context).print(repository)
        case "rotate":
            let key = try repository.rotateMasterKey()
            try say(
                "new master key \(key.id.hex.prefix(8)) of epoch \(key.epoch)",
                ["message_type": "key_rotated", "id": .string(key.id.hex), "epoch": .number(Int(key.epoch))], context)
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
}
