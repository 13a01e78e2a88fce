/// An argument of a command that is known by its place.
package struct Positional: Sendable, Equatable {
    /// How many arguments it takes.
    package enum Arity: Sendable, Equatable {
        case required
        case optional
        case anyNumber
        case atLeastOne
    }

    /// The name that the program asks by.
    package let name: String
    /// What the help shows, such as `SNAPSHOT[:PATH]`.
    package let placeholder: String
    package let arity: Arity
    package let help: String
    /// The only words accepted; any word where this is empty.
    package let allowedValues: [String]
    private let hint: CompletionHint

    package init(
        _ name: String, placeholder: String? = nil, _ arity: Arity = .required, help: String,
        allowedValues: [String] = [], completion: CompletionHint = .none
    ) {
        self.name = name
        self.placeholder = placeholder ?? name
        self.arity = arity
        self.help = help
        self.allowedValues = allowedValues
        self.hint = completion
    }

    /// What a shell may offer here: the allowed values where there are such.
    package var completion: CompletionHint { allowedValues.isEmpty ? hint : .oneOf(allowedValues) }

    var isRepeatable: Bool { arity == .anyNumber || arity == .atLeastOne }
    var isRequired: Bool { arity == .required || arity == .atLeastOne }
}

/// A command line to copy, and what it is for.
package struct Example: Sendable, Equatable {
    package let line: String
    /// What the line does, as a clause; shown above it as a shell comment.
    package let purpose: String

    package init(_ line: String, _ purpose: String) {
        self.line = line
        self.purpose = purpose
    }
}

/// One command: all that parsing, help and completion need to know of it.
package struct CommandDeclaration: Sendable {
    package let name: String
    /// One line on what it does.
    package let abstract: String
    /// Whatever else there is to say: paragraphs parted by newlines. A line that begins with a space is kept as it is.
    package let discussion: String
    package let examples: [Example]
    package let options: [Option]
    package let positionals: [Positional]
    /// Where there are such, the command is only a folder of them, without options and positionals of its own.
    package let subcommands: [CommandDeclaration]
    /// The option that stands for the words of its subcommand, where that is left out: `repair --from` for `repair tier --from`.
    package let implyingOption: String?

    /// The subcommand that ``implyingOption`` belongs to.
    var impliedSubcommand: CommandDeclaration? {
        implyingOption.flatMap { name in subcommands.first { $0.options.contains { $0.name == name } } }
    }

    /// A command that does something. It needs at least one example.
    package init(
        _ name: String, abstract: String, discussion: String = "", examples: [Example], options: [Option] = [],
        positionals: [Positional] = []
    ) {
        self.name = name
        self.abstract = abstract
        self.discussion = discussion
        self.examples = examples
        self.options = options
        self.positionals = positionals
        self.subcommands = []
        implyingOption = nil
    }

    /// A command that only holds others, such as `key`, with `key list` and `key add`.
    package init(
        _ name: String, abstract: String, discussion: String = "", examples: [Example] = [],
        subcommands: [CommandDeclaration], implyingOption: String? = nil
    ) {
        self.implyingOption = implyingOption
        self.name = name
        self.abstract = abstract
        self.discussion = discussion
        self.examples = examples
        self.options = []
        self.positionals = []
        self.subcommands = subcommands
    }
}
