/// The shells that a completion script can be made for.
package enum Shell: String, Sendable, CaseIterable {
    case bash
    case zsh
    case fish
}

extension ProgramDeclaration {
    /// A script that makes the shell complete this program's commands, options and values.
    package func completionScript(for shell: Shell) -> String {
        let lines =
            switch shell {
            case .bash: BashCompletion(program: self).lines
            case .zsh: ZshCompletion(program: self).lines
            case .fish: FishCompletion(program: self).lines
            }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The program and all its commands and subcommands, each before what it holds.
    var completionNodes: [CompletionNode] {
        var nodes = [
            CompletionNode(path: [], ownOptions: globalOptions, positionals: [], children: commands)
        ]
        var pending = commands.map { ([$0.name], $0) }[...]
        while let (path, command) = pending.popFirst() {
            nodes.append(
                CompletionNode(
                    path: path, ownOptions: command.options, positionals: command.positionals,
                    children: command.subcommands))
            pending = command.subcommands.map { (path + [$0.name], $0) } + pending
        }
        return nodes
    }

    /// The program's name as a part of a shell function's name.
    var functionName: String { "_" + name.map { $0 == "-" ? "_" : String($0) }.joined() }
}

/// What can be typed behind the words of `path`. The declaration check has made sure that no word needs quoting.
struct CompletionNode {
    /// The words of the command; empty for the program itself.
    let path: [String]
    /// The command's own options; for the program itself the global ones.
    let ownOptions: [Option]
    let positionals: [Positional]
    let children: [CommandDeclaration]

    /// "key add"
    var words: String { path.joined(separator: " ") }
}

extension Option {
    /// `--repo` and `-r`.
    var spellings: [String] { ["--" + name] + (letter.map { ["-\($0)"] } ?? []) }
}
