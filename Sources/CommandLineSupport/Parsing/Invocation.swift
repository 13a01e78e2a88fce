import Glibc

/// What a command line asks for.
package enum Invocation: Sendable {
    /// Print this text, which ends with a newline, and do nothing else.
    case help(String)
    /// Print the version; the global options are in the arguments, the command is empty.
    case version(ParsedArguments)
    /// Run `ParsedArguments.command`.
    case command(ParsedArguments)
}

extension ProgramDeclaration {
    /// What the arguments, without the program's own name, ask for.
    ///
    /// Throws `UsageError` where they contradict the declaration.
    package func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
        try parse(bytes: arguments.map { Array($0.utf8) })
    }

    /// The same for arguments that are bytes: a path on Linux need not be UTF-8.
    package func parse(bytes arguments: [[UInt8]]) throws(UsageError) -> Invocation {
        var parser = Parser(program: self, arguments: arguments)
        do {
            try parser.readAll()
        } catch {
            // Who asks for help should get it, whatever else is wrong on the line.
            if parser.isHelpAskedFor { return .help(help(for: parser.path)) }
            throw error
        }
        if parser.isHelpAskedFor { return .help(help(for: parser.path)) }
        if parser.occurrences["version"] != nil { return .version(parser.globalArguments()) }
        guard let command = parser.command, command.subcommands.isEmpty else { return .help(help(for: parser.path)) }
        let parsed = try parser.finish(command)
        return parser.path == ["help"] ? .help(try helpAskedFor(by: parsed)) : .command(parsed)
    }

    private func helpAskedFor(by arguments: ParsedArguments) throws(UsageError) -> String {
        let path = try arguments.positionals("COMMAND")
        guard path.isEmpty || command(at: path) != nil else {
            throw UsageError(
                "unknown command \"\(TerminalText.printable(path.joined(separator: " ")))\"",
                advice: "see `\(name) --help`")
        }
        return help(for: path)
    }

    /// The arguments of this process as bytes, without the program's name. (`CommandLine.arguments` repairs what is
    /// not UTF-8, and so names other files.)
    package static func argumentsOfProcess() -> [[UInt8]] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { argument in
                Array(UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
            }
        }
    }
}
