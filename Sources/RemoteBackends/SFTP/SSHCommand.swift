import Primitives

/// The command that makes a connection: OpenSSH's client, or another program that takes the same options.
struct SSHCommand: Hashable, Sendable {
    let program: String
    let arguments: [String]

    /// What the user's configuration may not change: nobody can answer a question, and nothing else shall go through the
    /// connection. The rest of the configuration holds: host aliases, keys, jump hosts, `known_hosts`.
    private static let fixedOptions = [
        "BatchMode=yes", "ConnectTimeout=30", "ServerAliveInterval=60", "ServerAliveCountMax=3", "ForwardX11=no",
        "ForwardAgent=no", "ClearAllForwardings=yes", "PermitLocalCommand=no", "RequestTTY=no",
    ]

    /// - Parameter command: the program, with arguments of its own; see ``words(of:)``.
    /// - Throws: kind `usage` where the command is none, or user or host could be taken for an option.
    init(_ command: String, to location: SFTPLocation) throws(VarveError) {
        let (user, host) = (location.user, location.host)
        guard let words = SSHCommand.words(of: command), let program = words.first, !program.isEmpty else {
            throw VarveError(
                .usage, "the command for ssh cannot be read: \(command)", advice: "write a program and its arguments")
        }
        for name in [host, user ?? host]
        where name.isEmpty || name.hasPrefix("-") || name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            throw VarveError(.usage, "\(ByteString.display(name.utf8)) is no name of a host or user for ssh")
        }
        self.program = program
        var arguments = Array(words.dropFirst())
        for option in SSHCommand.fixedOptions { arguments += ["-o", option] }
        if let port = location.port { arguments += ["-p", String(port)] }
        if let user { arguments += ["-l", user] }
        self.arguments = arguments + ["-s", "--", host, "sftp"]
    }

    /// Splits at spaces that are not in quotes. In single quotes everything stands for itself; elsewhere a backslash makes
    /// the next character do so. There is no shell, so nothing else has a meaning. `nil` where a quote has no end.
    static func words(of text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character == " " || character == "\t" {
                if let ended = word { words.append(ended) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if quote != nil || isEscaped { return nil }
        if let word { words.append(word) }
        return words
    }
}
