import CommandLineSupport
import VarveKit

/// `varve init`: makes a repository.
enum InitCommand: Command {
    static let declaration = CommandDeclaration(
        "init", abstract: "Make a repository.",
        discussion:
            "The repository is encrypted with a random key; the password opens that key. Without the password nobody can "
            + "read the repository, also not you: keep a copy of it somewhere else.",
        examples: [
            Example("varve init --repo /srv/backup", "ask for a password and make a repository"),
            Example(
                "varve init -r /srv/small --chunk-size 16K", "smaller chunks: fewer new bytes a night, a larger index"),
            Example(
                "varve init -r /mnt/offsite --copy-parameters-from /srv/backup",
                "a second tier that packs can travel to"),
        ],
        options: [
            .value(
                "chunk-size", nil, "SIZE",
                help: "The average size of chunks: a power of two from 8K to 4M; 32K unless given."),
            .value(
                "pack-size", nil, "SIZE",
                help: "The size at which a pack is complete, from 1M to 960M; 32M unless given."),
            .flag("no-encryption", help: "Store everything readable for everybody who can read the storage."),
            .value(
                "copy-parameters-from", nil, "REPO",
                help:
                    "Take keys and chunk size from this repository, opened with VARVE_FROM_PASSWORD[_FILE|_COMMAND] or the same password.",
                completion: .folder),
            .value("label", nil, "TEXT", help: "What to call the password in `varve key list`."),
        ])

    static func run(_ context: CommandContext) throws -> Int32 {
        let arguments = context.arguments
        let backend = try context.backend()
        if try backend.readConfiguration() != nil {
            throw VarveError(
                .repositoryExists, "there is a repository at \(backend.location) already",
                advice: "use it, or choose another place")
        }
        let packSize = try arguments.bytes("pack-size", in: UInt64(1 << 20)...UInt64(960 << 20)).map { Int($0) }
        let label = try arguments.value("label") ?? "init"
        let repository: Repository
        if let other = try arguments.value("copy-parameters-from") {
            repository = try makeTier(of: other, at: backend, packSize: packSize, label: label, context)
        } else {
            let isEncrypted = !arguments.flag("no-encryption")
            var parameters = Repository.Parameters(
                chunker: try chunkerParameters(arguments), isEncrypted: isEncrypted, label: label)
            if let packSize { parameters.packSize = packSize }
            let password = try newPassword(context)
            if !isEncrypted, password != nil {
                throw UsageError(
                    "--no-encryption is given, and a password as well", advice: "take one of them away")
            }
            repository = try Repository.create(
                at: backend, parameters, password: isEncrypted ? try required(password, context) : nil,
                environment: try context.environment())
        }
        try report(repository, context)
        return 0
    }

    private static func chunkerParameters(_ arguments: ParsedArguments) throws -> ChunkerParameters {
        guard let size = try arguments.bytes("chunk-size") else { return .standard }
        guard size.nonzeroBitCount == 1, let parameters = ChunkerParameters(bits: size.trailingZeroBitCount) else {
            throw arguments.wrong(
                try arguments.value("chunk-size") ?? "", of: "chunk-size", "is not a power of two from 8K to 4M")
        }
        return parameters
    }

    private static func newPassword(_ context: CommandContext) throws -> SecretBytes? {
        try context.passwordSource().given()
    }

    private static func required(_ given: SecretBytes?, _ context: CommandContext) throws -> SecretBytes {
        if let given { return given }
        if let typed = try context.passwordSource().prompted("new password: ", isNew: true) { return typed }
        throw VarveError(
            .wrongPassword, "no password is given",
            advice: "set VARVE_PASSWORD_FILE, VARVE_PASSWORD_COMMAND or VARVE_PASSWORD")
    }

    private static func makeTier(
        of name: String, at backend: any Backend, packSize: Int?, label: String, _ context: CommandContext
    ) throws -> Repository {
        if try context.arguments.value("chunk-size") != nil || context.arguments.flag("no-encryption") {
            throw UsageError(
                "--chunk-size and --no-encryption come from the other repository", advice: "take them away")
        }
        let own = try newPassword(context)
        let fromSource = PasswordSource(
            variablePrefix: "VARVE_FROM_", file: nil, command: nil, variables: context.variables)
        let other = try Repository.open(try context.backend(at: name), environment: try context.environment()) {
            isEncrypted throws(VarveError) in
            if !isEncrypted { return nil }
            if let given = try fromSource.given() { return given }
            if let own { return own }
            return try fromSource.prompted("password of \(name): ", isNew: false)
        }
        return try other.createTier(
            at: backend, packSize: packSize, label: label,
            password: other.keys.isEncrypted ? try required(own, context) : own)
    }

    private static func report(_ repository: Repository, _ context: CommandContext) throws {
        let configuration = repository.configuration
        if context.isJSON {
            try context.print([
                "message_type": "initialized", "repository": .string(repository.backend.location),
                "id": .string(configuration.repository.hex), "location": .string(configuration.location.hex),
                "encrypted": .bool(configuration.isEncrypted), "chunk_size": .number(configuration.chunker.average),
                "pack_size": .number(configuration.packSize),
            ])
        } else if !context.isQuiet {
            try context.print(
                "made repository \(configuration.repository.hex.prefix(8)) at \(repository.backend.location)")
            try context.print(
                configuration.isEncrypted
                    ? "Keep the password safe: without it nothing in the repository can be read."
                    : "It is not encrypted: whoever reads the storage reads everything.")
        }
    }
}
