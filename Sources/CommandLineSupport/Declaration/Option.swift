/// What a shell may offer where a value is to be typed.
package enum CompletionHint: Sendable, Equatable {
    case none
    case file
    case folder
    /// Some of the values that are possible; others are accepted too.
    case oneOf([String])
}

/// An option of a command or of the whole program: a flag, or one that takes a value.
package struct Option: Sendable, Equatable {
    /// The long name without the dashes.
    package let name: String
    /// The one-letter name: an ASCII letter or digit.
    package let letter: Character?
    /// What stands for the value in the help, such as `DIR`; `nil` for a flag.
    package let placeholder: String?
    package let help: String
    package let isRepeatable: Bool
    package let isRequired: Bool
    /// The only values accepted; any value where this is empty.
    package let allowedValues: [String]
    /// The environment variable that stands in for the option. The help mentions it; reading it is the program's part.
    package let environment: String?
    private let hint: CompletionHint

    /// An option that is given or not. A repeatable flag is counted.
    package static func flag(
        _ name: String, _ letter: Character? = nil, help: String, isRepeatable: Bool = false,
        environment: String? = nil
    ) -> Option {
        Option(
            name: name, letter: letter, placeholder: nil, help: help, isRepeatable: isRepeatable, isRequired: false,
            allowedValues: [], environment: environment, hint: .none)
    }

    /// An option that takes a value: `--name value`, `--name=value`, `-n value` or `-nvalue`.
    package static func value(
        _ name: String, _ letter: Character? = nil, _ placeholder: String, help: String, isRepeatable: Bool = false,
        isRequired: Bool = false, allowedValues: [String] = [], environment: String? = nil,
        completion: CompletionHint = .none
    ) -> Option {
        Option(
            name: name, letter: letter, placeholder: placeholder, help: help, isRepeatable: isRepeatable,
            isRequired: isRequired, allowedValues: allowedValues, environment: environment, hint: completion)
    }

    package var isFlag: Bool { placeholder == nil }

    /// What a shell may offer for the value: the allowed values where there are such.
    package var completion: CompletionHint { allowedValues.isEmpty ? hint : .oneOf(allowedValues) }
}
