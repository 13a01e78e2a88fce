/// Completion for bash 4.4 and later: one function that finds out which command the line is in, and which option waits
/// for its value, and then offers words, files or folders.
///
/// Bash hands the line over split at `=` and `:` as well, so `--repo=s3:host` comes as five words.
struct BashCompletion {
    let program: ProgramDeclaration

    var lines: [String] {
        let name = program.functionName
        return [
            "# bash completion for \(program.name); load it with: source <(\(program.name) completion bash)",
            "\(name)_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\"); }",
            "\(name)_paths() {",
            "    compopt -o filenames 2>/dev/null",
            "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$current\")",
            "}",
            "\(name)() {",
            "    local current=${COMP_WORDS[COMP_CWORD]} command= option= word i",
            "    local -i given=0",
            "    COMPREPLY=()",
            "    [[ $current == = ]] && current=",
            "    for ((i = 1; i < COMP_CWORD; i++)); do",
            "        word=${COMP_WORDS[i]}",
            "        if [[ -n $option ]]; then",
            "            [[ $word == = ]] || option=",
            "            continue",
            "        fi",
            "        case \"$command $word\" in",
        ] + program.completionNodes.flatMap(wordCases) + [
            "        *' -'*) ;;",
            "        *) given+=1 ;;",
            "        esac",
            "    done",
            "    if [[ -n $option ]]; then",
            "        case \"$command $option\" in",
        ] + program.completionNodes.flatMap(valueCases) + [
            "        esac",
            "    elif [[ $current == -* ]]; then",
            "        case $command in",
        ] + program.completionNodes.map(optionCase) + [
            "        esac",
            "    else",
            "        case \"$command:$given\" in",
        ] + program.completionNodes.flatMap(positionalCases) + [
            "        esac",
            "    fi",
            "}",
            "complete -F \(name) \(program.name)",
        ]
    }

    /// The words that change the state of the line: options that take a value, and names of commands.
    private func wordCases(_ node: CompletionNode) -> [String] {
        let options = node.ownOptions.filter { !$0.isFlag }.flatMap(\.spellings)
        var cases: [String] = []
        if !options.isEmpty {
            cases.append("        \(options.map { pattern(node, $0) }.joined(separator: " | "))) option=$word ;;")
        }
        for child in node.children {
            let words = (node.path + [child.name]).joined(separator: " ")
            cases.append("        '\(node.words) \(child.name)') command='\(words)' ;;")
        }
        return cases
    }

    private func valueCases(_ node: CompletionNode) -> [String] {
        node.ownOptions.filter { !$0.isFlag }.compactMap { option in
            guard let action = action(option.completion) else { return nil }
            let patterns = option.spellings.map { pattern(node, $0) }.joined(separator: " | ")
            return "        \(patterns)) \(action) ;;"
        }
    }

    private func optionCase(_ node: CompletionNode) -> String {
        let names = program.options(at: node.path).map { "--\($0.name)" }.joined(separator: " ")
        return "        '\(node.words)') \(program.functionName)_words '\(names)' ;;"
    }

    private func positionalCases(_ node: CompletionNode) -> [String] {
        if !node.children.isEmpty {
            let names = CompletionHint.oneOf(node.children.map(\.name))
            return ["        '\(node.words):'*) \(action(names) ?? "") ;;"]
        }
        // Those without a hint are listed too, since the first case that fits counts.
        return node.positionals.enumerated().map { index, positional in
            let place = positional.isRepeatable ? "*" : String(index)
            return "        '\(node.words):'\(place)) \(action(positional.completion) ?? "") ;;"
        }
    }

    /// A global option counts behind every command.
    private func pattern(_ node: CompletionNode, _ option: String) -> String {
        node.path.isEmpty ? "*' \(option)'" : "'\(node.words) \(option)'"
    }

    private func action(_ hint: CompletionHint) -> String? {
        switch hint {
        case .none: nil
        case .file: "\(program.functionName)_paths -f"
        case .folder: "\(program.functionName)_paths -d"
        case .oneOf(let words): "\(program.functionName)_words '\(words.joined(separator: " "))'"
        }
    }
}
