/// Reads arguments one by one, the GNU way.
struct Parser {
    let program: ProgramDeclaration
    let arguments: [[UInt8]]
    private var position = 0
    private var areOptionsOver = false
    /// The words that led to the command.
    private(set) var path: [String] = []
    /// The command as far as it is known.
    private(set) var command: CommandDeclaration?
    /// The values of each option given, in order; a flag has empty ones.
    private(set) var occurrences: [String: [[UInt8]]] = [:]
    private var words: [[UInt8]] = []

    init(program: ProgramDeclaration, arguments: [[UInt8]]) {
        self.program = program
        self.arguments = arguments
    }

    mutating func readAll() throws(UsageError) {
        while position < arguments.count {
            let argument = arguments[position]
            position += 1
            if areOptionsOver || argument.count < 2 || argument[0] != dash {
                try take(word: argument)
            } else if argument == [dash, dash] {
                areOptionsOver = true
            } else if argument[1] == dash {
                try take(long: argument.dropFirst(2))
            } else {
                try take(letters: argument.dropFirst())
            }
        }
    }

    /// Whether help was asked for in what was read, or would be in the rest.
    var isHelpAskedFor: Bool {
        if occurrences["help"] != nil { return true }
        if areOptionsOver { return false }
        let rest = arguments[position...].prefix { $0 != [dash, dash] }
        return rest.contains(Array("--help".utf8)) || rest.contains(Array("-h".utf8))
    }

    // MARK: Words

    private mutating func take(word: [UInt8]) throws(UsageError) {
        let choices = command?.subcommands ?? program.commands
        guard !choices.isEmpty else {
            words.append(word)
            return
        }
        let name = String(decoding: word, as: UTF8.self)
        guard let choice = choices.first(where: { $0.name == name }) else {
            let kind = command.map { "command of `\(program.name) \($0.name)`" } ?? "command"
            throw error(
                "unknown \(kind) \"\(TerminalText.printable(name))\"",
                nearest: NearestName.of(name, among: choices.map(\.name)))
        }
        command = choice
        path.append(name)
    }

    // MARK: Options

    private mutating func take(long argument: ArraySlice<UInt8>) throws(UsageError) {
        let nameEnd = argument.firstIndex(of: UInt8(ascii: "=")) ?? argument.endIndex
        let name = String(decoding: argument[..<nameEnd], as: UTF8.self)
        if name == command?.implyingOption, let implied = command?.impliedSubcommand {
            command = implied
            path.append(implied.name)
        }
        guard let option = program.options(at: path).first(where: { $0.name == name }) else {
            throw unknownOption(name)
        }
        if nameEnd < argument.endIndex {
            guard !option.isFlag else { throw error("--\(name) takes no value") }
            try record(option, Array(argument[(nameEnd + 1)...]))
        } else {
            try record(option, option.isFlag ? [] : try nextValue(of: option, as: "--\(name)"))
        }
    }

    /// `-q`, `-qv`, `-n value`, `-nvalue` or `-qnvalue`.
    private mutating func take(letters: ArraySlice<UInt8>) throws(UsageError) {
        var rest = letters
        while let byte = rest.popFirst() {
            let letter = Character(Unicode.Scalar(byte))
            guard let option = program.options(at: path).first(where: { $0.letter == letter }) else {
                // A cluster is shown whole: `-backup` is more likely one word with one dash.
                let shown = TerminalText.printable(String(decoding: letters, as: UTF8.self))
                throw error(letters.count == 1 ? "unknown option -\(shown)" : "unknown option -\(letter) in -\(shown)")
            }
            if option.isFlag {
                try record(option, [])
            } else {
                try record(option, rest.isEmpty ? try nextValue(of: option, as: "-\(letter)") : Array(rest))
                return
            }
        }
    }

    /// The next argument, unless it looks like an option of this command: `forget --tag --dry-run` must not really
    /// forget.
    private mutating func nextValue(of option: Option, as shown: String) throws(UsageError) -> [UInt8] {
        let missing = "\(shown) needs a value (\(option.placeholder ?? ""))"
        guard position < arguments.count, arguments[position] != [dash, dash] else { throw error(missing) }
        let value = arguments[position]
        if value.starts(with: [dash, dash]) {
            let name = String(decoding: value.dropFirst(2).prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            if program.options(at: path).contains(where: { $0.name == name }) {
                throw UsageError(
                    "\(missing), and --\(name) is an option",
                    advice: "if it is the value, write --\(option.name)=--\(name)")
            }
        }
        position += 1
        return value
    }

    private mutating func record(_ option: Option, _ value: [UInt8]) throws(UsageError) {
        guard option.isRepeatable || occurrences[option.name] == nil else {
            throw error("--\(option.name) is given twice")
        }
        try check(value, against: option.isFlag ? [] : option.allowedValues, owner: "--\(option.name)")
        occurrences[option.name, default: []].append(value)
    }

    private func check(_ value: [UInt8], against allowed: [String], owner: String) throws(UsageError) {
        let text = String(decoding: value, as: UTF8.self)
        guard !allowed.isEmpty, !allowed.contains(text) else { return }
        throw error(
            "\(owner): \"\(TerminalText.printable(text))\" is not one of \(allowed.joined(separator: ", "))",
            nearest: NearestName.of(text, among: allowed))
    }

    // MARK: The end of the line

    /// The arguments of a command that holds no others.
    func finish(_ command: CommandDeclaration) throws(UsageError) -> ParsedArguments {
        for option in command.options where option.isRequired && occurrences[option.name] == nil {
            throw error("--\(option.name) \(option.placeholder ?? "") is missing")
        }
        var rest = words[...]
        var positionals: [String: [[UInt8]]] = [:]
        for positional in command.positionals {
            if rest.isEmpty && positional.isRequired { throw error("\(positional.placeholder) is missing") }
            let taken = positional.isRepeatable ? rest : rest.prefix(1)
            for word in taken { try check(word, against: positional.allowedValues, owner: positional.placeholder) }
            positionals[positional.name] = Array(taken)
            rest = rest.dropFirst(taken.count)
        }
        if let extra = rest.first {
            let shown = TerminalText.printable(String(decoding: extra, as: UTF8.self))
            throw error("unexpected argument \"\(shown)\"")
        }
        return ParsedArguments(
            command: path, options: program.options(at: path), occurrences: occurrences, positionals: positionals,
            advice: seeHelp)
    }

    /// What was given of the global options, without a command.
    func globalArguments() -> ParsedArguments {
        ParsedArguments(
            command: [], options: program.globalOptions, occurrences: occurrences, positionals: [:], advice: seeHelp)
    }

    // MARK: Errors

    private func unknownOption(_ name: String) -> UsageError {
        let problem = "unknown option --\(TerminalText.printable(name))"
        if command == nil, program.commands.contains(where: { $0.options.contains { $0.name == name } }) {
            return UsageError(problem, advice: "if it belongs to a command, put it behind the command")
        }
        let nearest = NearestName.of(name, among: program.options(at: path).map(\.name))
        return error(problem, nearest: nearest.map { "--\($0)" })
    }

    private func error(_ problem: String, nearest: String? = nil) -> UsageError {
        UsageError(problem, advice: nearest.map { "did you mean \($0)?" } ?? seeHelp)
    }

    private var seeHelp: String { "see `\(([program.name] + path).joined(separator: " ")) --help`" }
}

private let dash = UInt8(ascii: "-")
