extension ProgramDeclaration {
    /// The help of the program for an empty path, else of the command that the words name (of the program where they
    /// name none). It ends with a newline and is 100 columns wide at most.
    package func help(for path: [String]) -> String {
        let command = command(at: path)
        let words = command == nil ? [] : path
        var page = HelpPage()
        page.add(usage: usageLine(of: command, words: words))
        page.add(paragraphs: command?.abstract ?? abstract)
        page.add(paragraphs: command?.discussion ?? discussion)
        let choices = command?.subcommands ?? commands
        page.add(section: "Commands", rows: choices.map { ($0.name, $0.abstract) })
        if let command {
            page.add(section: "Arguments", rows: command.positionals.map { ($0.placeholder, help(of: $0)) })
            page.add(section: "Options", rows: command.options.map { (label(of: $0), help(of: $0)) })
        }
        let title = command == nil ? "Options" : "Global options"
        page.add(section: title, rows: globalOptions.map { (label(of: $0), help(of: $0)) })
        page.add(section: "Environment", rows: environmentRows(for: words))
        page.add(section: "Examples", examples: command?.examples ?? examples)
        page.add(section: "Exit codes", rows: exitCodes.map { (String($0.code), $0.meaning) })
        if !choices.isEmpty {
            let line = ([name] + words + ["COMMAND", "--help"]).joined(separator: " ")
            page.add(paragraphs: "`\(line)` shows the options of a command.")
        }
        return page.text
    }

    private func usageLine(of command: CommandDeclaration?, words: [String]) -> String {
        var parts = [name] + words
        guard let command, command.subcommands.isEmpty else {
            return (parts + ["COMMAND", "[OPTIONS]"]).joined(separator: " ")
        }
        parts += command.options.filter(\.isRequired).map { "--\($0.name) \($0.placeholder ?? "")" }
        parts.append("[OPTIONS]")
        for positional in command.positionals {
            switch positional.arity {
            case .required: parts.append(positional.placeholder)
            case .optional: parts.append("[\(positional.placeholder)]")
            case .anyNumber: parts.append("[\(positional.placeholder)...]")
            case .atLeastOne: parts.append("\(positional.placeholder)...")
            }
        }
        return parts.joined(separator: " ")
    }

    /// "-r, --repo REPO"; without a letter the long name stands where the others have theirs.
    private func label(of option: Option) -> String {
        let letter = option.letter.map { "-\($0), " } ?? "    "
        return letter + "--\(option.name)" + (option.placeholder.map { " \($0)" } ?? "")
    }

    private func help(of option: Option) -> String {
        var help = option.help
        if !option.allowedValues.isEmpty { help += " One of: \(option.allowedValues.joined(separator: ", "))." }
        if option.isRequired { help += " Required." }
        if option.isRepeatable { help += " May be given several times." }
        return help
    }

    private func help(of positional: Positional) -> String {
        guard !positional.allowedValues.isEmpty else { return positional.help }
        return "\(positional.help) One of: \(positional.allowedValues.joined(separator: ", "))."
    }

    /// The variables that stand in for options of this page, then the program's others.
    private func environmentRows(for path: [String]) -> [(String, String)] {
        let ofOptions = options(at: path).compactMap { option in
            option.environment.map { ($0, "Used where --\(option.name) is not given.") }
        }
        return ofOptions + environment.map { ($0.name, $0.help) }
    }
}

/// Sections of aligned columns, one after the other.
private struct HelpPage {
    private(set) var text = ""
    private let columns = 100
    /// A label wider than this has its help on the next line.
    private let widestLabel = 30

    mutating func add(usage: String) {
        let lines = TerminalText.wrapped(usage, to: columns - 11)
        text += "Usage: " + lines.joined(separator: "\n           ") + "\n"
    }

    mutating func add(paragraphs: String) {
        guard !paragraphs.isEmpty else { return }
        text += "\n"
        for paragraph in paragraphs.split(separator: "\n", omittingEmptySubsequences: false) {
            let isKept = paragraph.isEmpty || paragraph.hasPrefix(" ")
            let lines = isKept ? [String(paragraph)] : TerminalText.wrapped(String(paragraph), to: columns)
            for line in lines { text += line + "\n" }
        }
    }

    mutating func add(section title: String, rows: [(label: String, help: String)]) {
        guard !rows.isEmpty else { return }
        text += "\n\(title):\n"
        let width = rows.map { TerminalText.width($0.label) }.filter { $0 <= widestLabel }.max() ?? widestLabel
        let margin = String(repeating: " ", count: width + 4)
        for (label, help) in rows {
            let lines = TerminalText.wrapped(help, to: columns - width - 4)
            let gap = width - TerminalText.width(label)
            text += "  " + label
            if gap >= 0, let first = lines.first { text += String(repeating: " ", count: gap + 2) + first }
            text += "\n"
            for line in lines.dropFirst(gap >= 0 ? 1 : 0) { text += margin + line + "\n" }
        }
    }

    mutating func add(section title: String, examples: [Example]) {
        guard !examples.isEmpty else { return }
        text += "\n\(title):\n"
        for example in examples {
            for line in TerminalText.wrapped(example.purpose, to: columns - 4) { text += "  # \(line)\n" }
            text += "  \(example.line)\n"
        }
    }
}
