/// An environment variable that the help should mention and that stands for no option.
package struct EnvironmentVariable: Sendable, Equatable {
    package let name: String
    package let help: String

    package init(_ name: String, help: String) {
        self.name = name
        self.help = help
    }
}

/// A number that the program ends with, and what it says.
package struct ExitCode: Sendable, Equatable {
    package let code: Int32
    package let meaning: String

    package init(_ code: Int32, _ meaning: String) {
        self.code = code
        self.meaning = meaning
    }
}

/// The whole command line of a program, declared once: parsing, help and completion come from it.
package struct ProgramDeclaration: Sendable {
    package let name: String
    package let abstract: String
    package let discussion: String
    /// Accepted before and after the command; `--help` and `--version` are among them.
    package let globalOptions: [Option]
    /// All commands, `help` last.
    package let commands: [CommandDeclaration]
    package let environment: [EnvironmentVariable]
    package let examples: [Example]
    package let exitCodes: [ExitCode]

    /// Adds `--help`, `-h`, `--version` and the command `help` to what is given.
    ///
    /// A declaration that contradicts itself (a name twice, no example, …) is a programming error and traps.
    package init(
        name: String, abstract: String, discussion: String = "", globalOptions: [Option],
        commands: [CommandDeclaration], environment: [EnvironmentVariable] = [], examples: [Example] = [],
        exitCodes: [ExitCode]
    ) {
        self.name = name
        self.abstract = abstract
        self.discussion = discussion
        self.globalOptions =
            globalOptions + [
                .flag("help", "h", help: "Show what the program or the command does, and its options."),
                .flag("version", help: "Show the version."),
            ]
        self.commands = commands + [Self.helpCommand(program: name, commands: commands)]
        self.environment = environment
        self.examples = examples
        self.exitCodes = exitCodes
        let problems = DeclarationCheck.problems(of: self)
        precondition(problems.isEmpty, "declaration of \(name): \(problems.joined(separator: "; "))")
    }

    private static func helpCommand(program: String, commands: [CommandDeclaration]) -> CommandDeclaration {
        CommandDeclaration(
            "help", abstract: "Show the help of a command.",
            examples: commands.prefix(1).map { Example("\(program) help \($0.name)", "what the command is for") },
            positionals: [
                Positional(
                    "COMMAND", .anyNumber, help: "The command, and its subcommand.",
                    completion: .oneOf(commands.map(\.name)))
            ])
    }

    /// The command that the words name; `nil` for no words or unknown ones.
    func command(at path: [String]) -> CommandDeclaration? {
        var found: CommandDeclaration?
        for word in path {
            guard let next = (found?.subcommands ?? commands).first(where: { $0.name == word }) else { return nil }
            found = next
        }
        return found
    }

    /// The options that may stand behind the words of a command.
    func options(at path: [String]) -> [Option] { (command(at: path)?.options ?? []) + globalOptions }
}
