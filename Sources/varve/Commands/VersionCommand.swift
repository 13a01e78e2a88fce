import CommandLineSupport
import VarveKit

/// `varve version`: what this program is made of.
enum VersionCommand: Command {
    static let declaration = CommandDeclaration(
        "version",
        abstract: "Show versions of the program, the format and the libraries, and what the CPU is used for.",
        examples: [Example("varve version", "for bug reports")])

    static func run(_ context: CommandContext) throws -> Int32 {
        let cipher = "\(CipherSuite.preferred)"
        if context.isJSON {
            try context.print([
                "message_type": "version", "version": .string(Program.version),
                "format": .number(RepositoryConfiguration.formatVersion),
                "chunker_kernel": .string("\(ChunkerKernel.running)"), "hash_kernel": .string(ChunkHasher.kernel),
                "cipher": .string(cipher), "openssl": .string(OpenSSL.libraryVersion),
                "zstd": .string(Zstd.libraryVersion),
            ])
        } else {
            try context.print([
                "varve \(Program.version)", "repository format \(RepositoryConfiguration.formatVersion)",
                "chunker kernel: \(ChunkerKernel.running)", "hash kernel: \(ChunkHasher.kernel)",
                "cipher for new objects: \(cipher)", OpenSSL.libraryVersion,
                Zstd.libraryVersion,
            ])
        }
        return 0
    }
}
