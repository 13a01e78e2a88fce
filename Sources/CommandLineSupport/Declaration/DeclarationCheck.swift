/// What is wrong with a declaration. Help and completion rely on what is checked here, above all on words that no
/// shell gives a meaning to.
enum DeclarationCheck {
    static func problems(of program: ProgramDeclaration) -> [String] {
        var problems = duplicates(in: program.commands.map(\.name), kind: "command")
        problems += problemsOfOptions(program.globalOptions)
        for command in program.commands { problems += self.problems(of: command, globals: program.globalOptions) }
        return problems
    }

    static func problems(of command: CommandDeclaration, globals: [Option]) -> [String] {
        var problems: [String] = []
        if !isPlainName(command.name) { problems.append("the name is not made of a-z, 0-9 and inner dashes") }
        if command.abstract.isEmpty { problems.append("no abstract") }
        if command.subcommands.isEmpty {
            if command.examples.isEmpty { problems.append("no example") }
            problems += problemsOfOptions(command.options + globals)
            problems += problemsOfPositionals(command.positionals)
        } else {
            problems += duplicates(in: command.subcommands.map(\.name), kind: "subcommand")
            if command.implyingOption != nil, command.impliedSubcommand == nil {
                problems.append("no subcommand has the option that implies one")
            }
            for subcommand in command.subcommands { problems += self.problems(of: subcommand, globals: globals) }
        }
        return problems.map { "\(command.name): \($0)" }
    }

    private static func problemsOfOptions(_ options: [Option]) -> [String] {
        var problems = duplicates(in: options.map(\.name), kind: "option")
        problems += duplicates(in: options.compactMap(\.letter).map(String.init), kind: "letter")
        for option in options {
            if !isPlainName(option.name) { problems.append("option \(option.name): not a plain name") }
            if let letter = option.letter, !(letter.isASCII && (letter.isLetter || letter.isNumber)) {
                problems.append("option \(option.name): the letter is not one")
            }
            problems += problemsOfWords(option.completion, owner: "option \(option.name)")
        }
        return problems
    }

    private static func problemsOfPositionals(_ positionals: [Positional]) -> [String] {
        var problems = duplicates(in: positionals.map(\.name), kind: "positional")
        for (earlier, later) in zip(positionals, positionals.dropFirst()) {
            if earlier.isRepeatable { problems.append("positional \(later.name) can never be reached") }
            if later.isRequired && !earlier.isRequired {
                problems.append("positional \(later.name) is required behind an optional one")
            }
        }
        for positional in positionals {
            problems += problemsOfWords(positional.completion, owner: "positional \(positional.name)")
        }
        return problems
    }

    private static func problemsOfWords(_ hint: CompletionHint, owner: String) -> [String] {
        guard case .oneOf(let words) = hint else { return [] }
        return words.filter { !isShellSafe($0) }.map { "\(owner): \"\($0)\" needs quoting in a shell" }
    }

    private static func duplicates(in names: [String], kind: String) -> [String] {
        var seen: Set<String> = []
        return names.filter { !seen.insert($0).inserted }.map { "\(kind) \($0) twice" }
    }

    private static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("-") && !name.hasSuffix("-")
            && name.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    private static func isShellSafe(_ word: String) -> Bool {
        !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._,/+-".contains($0)) }
    }
}
