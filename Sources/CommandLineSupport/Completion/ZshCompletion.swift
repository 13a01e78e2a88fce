/// Completion for zsh: a function for each command that hands its options and positionals to `_arguments`.
struct ZshCompletion {
    let program: ProgramDeclaration

    var lines: [String] {
        let name = program.functionName
        return [
            "#compdef \(program.name)",
            "# zsh completion for \(program.name); save it as \(name) in a folder of $fpath,",
            "# or load it with: source <(\(program.name) completion zsh)",
        ] + program.completionNodes.flatMap(function) + [
            "if [[ $funcstack[1] == \(name) ]]; then",
            "    \(name) \"$@\"",
            "else",
            "    compdef \(name) \(program.name)",
            "fi",
        ]
    }

    private func function(_ node: CompletionNode) -> [String] {
        var specifications = program.options(at: node.path).map(specification)
        specifications += node.positionals.enumerated().map { index, positional in
            let place = positional.isRepeatable ? "*" : positional.isRequired ? "\(index + 1)" : "\(index + 1):"
            return "'\(place):\(quoted(positional.placeholder)):\(action(positional.completion))'"
        }
        let open = ["", "\(functionName(node.path))() {"]
        if node.children.isEmpty {
            return open + call("_arguments -s -S", specifications) + ["}"]
        }
        // The rest of the line is handed to the subcommand's function, with the subcommand as its first word.
        return open + [
            "    local curcontext=$curcontext state line",
            "    typeset -A opt_args",
        ] + call("_arguments -s -S -C", specifications + ["'1: :->command'", "'*:: :->arguments'"]) + [
            "    case $state in",
            "    command)",
            "        local -a commands=(",
        ] + node.children.map { "            '\($0.name):\(quoted($0.abstract, special: "\\:"))'" } + [
            "        )",
            "        _describe command commands ;;",
            "    arguments)",
            "        case $words[1] in",
        ] + node.children.map { "        \($0.name)) \(functionName(node.path + [$0.name])) ;;" } + [
            "        esac ;;",
            "    esac",
            "}",
        ]
    }

    private func call(_ command: String, _ arguments: [String]) -> [String] {
        let lines = ["    " + command] + arguments.map { "        " + $0 }
        return lines.dropLast().map { $0 + " \\" } + [lines[lines.count - 1]]
    }

    private func functionName(_ path: [String]) -> String {
        ([program.functionName] + path).joined(separator: "_").map { $0 == "-" ? "_" : String($0) }.joined()
    }

    /// `'(-r --repo)'{-r+,--repo=}'[help]:REPO:_files -/'`
    private func specification(_ option: Option) -> String {
        let long = "--\(option.name)" + (option.isFlag ? "" : "=")
        let value = option.placeholder.map { ":\(quoted($0)):\(action(option.completion))" } ?? ""
        let rest = "[\(quoted(option.help))]\(value)'"
        guard let letter = option.letter else { return (option.isRepeatable ? "'*" : "'") + long + rest }
        let prefix = option.isRepeatable ? "'*'" : "'(-\(letter) --\(option.name))'"
        return "\(prefix){-\(letter)\(option.isFlag ? "" : "+"),\(long)}'\(rest)"
    }

    private func action(_ hint: CompletionHint) -> String {
        switch hint {
        case .none: ""
        case .file: "_files"
        case .folder: "_files -/"
        case .oneOf(let words): "(\(words.joined(separator: " ")))"
        }
    }

    /// The text within single quotes, a backslash before each special character: those of a specification, unless
    /// told otherwise.
    private func quoted(_ text: String, special: String = "\\[]:") -> String {
        text.map { $0 == "'" ? "'\\''" : special.contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
