import CommandLineSupport

/// `varve completion`: scripts that complete command lines.
enum CompletionCommand: Command {
    static let declaration = CommandDeclaration(
        "completion", abstract: "Write a script that completes varve's command line in a shell.",
        examples: [
            Example("varve completion bash > /etc/bash_completion.d/varve", "for all users of bash"),
            Example("varve completion fish > ~/.config/fish/completions/varve.fish", "for fish"),
        ],
        positionals: [Positional("SHELL", help: "Which shell.", allowedValues: Shell.allCases.map(\.rawValue))])

    static func run(_ context: CommandContext) throws -> Int32 {
        guard let shell = try context.arguments.positional("SHELL").flatMap(Shell.init) else { return 2 }
        try StandardOutput.output.write(Program.declaration.completionScript(for: shell))
        return 0
    }
}
