/// Completion for fish: a function that finds out which command the line is in, and a `complete` for each thing that
/// can stand there.
struct FishCompletion {
    let program: ProgramDeclaration

    var lines: [String] {
        let name = "_" + program.functionName
        return [
            "# fish completion for \(program.name); load it with: \(program.name) completion fish | source",
            "function \(name)_at --description 'Whether the line is in this command'",
            "    set -l tokens (commandline -opc)",
            "    set -e tokens[1]",
            "    set -l command ''",
            "    set -l skip 0",
            "    for token in $tokens",
            "        if test $skip = 1",
            "            set skip 0",
            "            continue",
            "        end",
            "        switch \"$command $token\"",
        ] + program.completionNodes.flatMap(tokenCases) + [
            "        end",
            "    end",
            "    test \"$command\" = \"$argv\"",
            "end",
            "complete -c \(program.name) -f",
        ] + program.completionNodes.flatMap(completions)
    }

    private func tokenCases(_ node: CompletionNode) -> [String] {
        let place = node.path.isEmpty ? "* " : "\(node.words) "
        let options = node.ownOptions.filter { !$0.isFlag }.flatMap(\.spellings).map { "'\(place)\($0)'" }
        var cases: [String] = []
        if !options.isEmpty {
            cases += ["            case \(options.joined(separator: " "))", "                set skip 1"]
        }
        for child in node.children {
            cases += [
                "            case '\(node.words) \(child.name)'",
                "                set command '\((node.path + [child.name]).joined(separator: " "))'",
            ]
        }
        return cases
    }

    private func completions(_ node: CompletionNode) -> [String] {
        let here = "complete -c \(program.name) -n \"_\(program.functionName)_at \(node.words)\""
        // A global option counts in every command.
        let start = node.path.isEmpty ? "complete -c \(program.name)" : here
        var lines = node.children.map { "\(here) -a \($0.name) -d \(quoted($0.abstract))" }
        for option in node.ownOptions {
            let letter = option.letter.map { " -s \($0)" } ?? ""
            let value = option.isFlag ? "" : " -r" + arguments(option.completion)
            lines.append("\(start)\(letter) -l \(option.name)\(value) -d \(quoted(option.help))")
        }
        for positional in node.positionals where positional.completion != .none {
            lines.append("\(here)\(arguments(positional.completion))")
        }
        return lines
    }

    private func arguments(_ hint: CompletionHint) -> String {
        switch hint {
        case .none: " -f"
        case .file: " -F"
        case .folder: " -f -a '(__fish_complete_directories (commandline -ct) \"\")'"
        case .oneOf(let words): " -f -a \(quoted(words.joined(separator: " ")))"
        }
    }

    private func quoted(_ text: String) -> String {
        "'"
            + text.map { character in
                switch character {
                case "'", "\\": "\\\(character)"
                default: String(character)
                }
            }.joined() + "'"
    }
}
