/// The options and positionals of one command line, to be asked for by name.
///
/// To ask for a name that the command does not declare, or for the value of a flag, is a programming error and traps.
/// What the user typed wrong is thrown as `UsageError` that names the option.
package struct ParsedArguments: Sendable {
    /// The words of the command, such as `["key", "add"]`.
    package let command: [String]
    private let options: [String: Option]
    private let occurrences: [String: [[UInt8]]]
    private let positionals: [String: [[UInt8]]]
    private let advice: String

    init(
        command: [String], options: [Option], occurrences: [String: [[UInt8]]], positionals: [String: [[UInt8]]],
        advice: String
    ) {
        self.command = command
        self.options = Dictionary(uniqueKeysWithValues: options.map { ($0.name, $0) })
        self.occurrences = occurrences
        self.positionals = positionals
        self.advice = advice
    }

    // MARK: Options

    /// Whether the flag was given.
    package func flag(_ name: String) -> Bool { count(name) > 0 }

    /// How many times the flag was given.
    package func count(_ name: String) -> Int {
        precondition(declared(name).isFlag, "--\(name) is not declared as a flag")
        return occurrences[name]?.count ?? 0
    }

    /// The value as text; throws where it is not UTF-8.
    package func value(_ name: String) throws(UsageError) -> String? {
        guard let bytes = valueBytes(name) else { return nil }
        return try text(bytes, of: "--\(name)")
    }

    /// All values as text, in the order given; throws where one is not UTF-8.
    package func values(_ name: String) throws(UsageError) -> [String] {
        try texts(valuesBytes(name), of: "--\(name)")
    }

    /// The value as it was typed, for what is a path.
    package func valueBytes(_ name: String) -> [UInt8]? {
        precondition(!declared(name).isRepeatable, "--\(name) is repeatable: it has values, not a value")
        return valuesBytes(name).last
    }

    /// All values as they were typed, in the order given.
    package func valuesBytes(_ name: String) -> [[UInt8]] {
        precondition(!declared(name).isFlag, "--\(name) is declared as a flag: it has no value")
        return occurrences[name] ?? []
    }

    /// The value as a decimal number within the bounds.
    package func integer(_ name: String, in bounds: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = try value(name) else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            let range =
                bounds.upperBound == .max
                ? "from \(bounds.lowerBound)" : "from \(bounds.lowerBound) to \(bounds.upperBound)"
            throw wrong(text, of: name, "is not a whole number \(range)")
        }
        return number
    }

    /// The value as a size in bytes, read by `ByteCount.parse`, within the bounds.
    package func bytes(
        _ name: String, in bounds: ClosedRange<UInt64> = 0...UInt64.max
    ) throws(UsageError) -> UInt64? {
        guard let text = try value(name) else { return nil }
        guard let size = ByteCount.parse(text) else {
            throw wrong(text, of: name, "is not a size such as 512, 32K, 4M or 1G")
        }
        guard bounds.contains(size) else {
            let limits = (ByteCount.format(bounds.lowerBound), ByteCount.format(bounds.upperBound))
            throw wrong(text, of: name, "is not between \(limits.0) and \(limits.1)")
        }
        return size
    }

    /// The value as a time span, read by `DurationText.parse`.
    package func duration(_ name: String) throws(UsageError) -> Duration? {
        guard let text = try value(name) else { return nil }
        guard let duration = DurationText.parse(text) else {
            throw wrong(text, of: name, "is not a time span such as 45s, 30m, 2h or 7d")
        }
        return duration
    }

    // MARK: Positionals

    /// The positional as text, `nil` where it was left out; throws where it is not UTF-8.
    package func positional(_ name: String) throws(UsageError) -> String? {
        guard let bytes = positionalBytes(name).first else { return nil }
        return try text(bytes, of: name)
    }

    /// All arguments of a repeatable positional as text; throws where one is not UTF-8.
    package func positionals(_ name: String) throws(UsageError) -> [String] {
        try texts(positionalBytes(name), of: name)
    }

    /// The arguments of the positional as they were typed: none, one, or several if it is repeatable.
    package func positionalBytes(_ name: String) -> [[UInt8]] {
        guard let words = positionals[name] else { preconditionFailure("positional \(name) is not declared") }
        return words
    }

    // MARK: Errors

    /// A usage error about a value that the command itself found wrong, such as "is not a tag".
    package func wrong(_ value: String, of name: String, _ problem: String) -> UsageError {
        _ = declared(name)
        return UsageError("--\(name): \"\(TerminalText.printable(value))\" \(problem)", advice: advice)
    }

    private func declared(_ name: String) -> Option {
        guard let option = options[name] else {
            preconditionFailure("`\(command.joined(separator: " "))` declares no option --\(name)")
        }
        return option
    }

    private func text(_ bytes: [UInt8], of owner: String) throws(UsageError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let shown = TerminalText.printable(String(decoding: bytes, as: UTF8.self))
            throw UsageError("\(owner): \"\(shown)\" is not UTF-8", advice: advice)
        }
        return text
    }

    private func texts(_ values: [[UInt8]], of owner: String) throws(UsageError) -> [String] {
        var texts: [String] = []
        for value in values { texts.append(try text(value, of: owner)) }
        return texts
    }
}
