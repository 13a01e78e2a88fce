import CommandLineSupport
import VarveKit

/// Where a password comes from: an option, the environment, or the person at the terminal; never the command line itself.
struct PasswordSource {
    /// The beginning of the environment variables: `VARVE_`, or `VARVE_NEW_` for one that is to be set.
    let variablePrefix: String
    let file: String?
    let command: String?
    let variables: ProcessEnvironment

    private func variable(_ name: String) -> String? {
        variables.value(of: variablePrefix + name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The password that was given in some way; `nil` where none was.
    ///
    /// - Throws: kind `local` where a file cannot be read, or a command fails.
    func given() throws(VarveError) -> SecretBytes? {
        if let file { return try read(file: file) }
        if let command { return try run(command) }
        if let file = variable("PASSWORD_FILE") { return try read(file: file) }
        if let command = variable("PASSWORD_COMMAND") { return try run(command) }
        if let password = variables.value(of: variablePrefix + "PASSWORD") {
            return try checked(password, "\(variablePrefix)PASSWORD")
        }
        return nil
    }

    /// Asks for it, twice where it is new.
    ///
    /// - Returns: `nil` where there is no terminal.
    func prompted(_ prompt: String, isNew: Bool) throws(VarveError) -> SecretBytes? {
        let first: [UInt8]?
        var second: [UInt8]?
        do throws(TerminalPrompt.Interrupted) {
            first = try TerminalPrompt.readPassword(prompt: prompt)
            if first != nil, isNew { second = try TerminalPrompt.readPassword(prompt: "once more: ") }
        } catch {
            throw VarveError(.cancelled, "no password was typed")
        }
        guard let first else { return nil }
        if first.isEmpty { throw VarveError(.usage, "the password is empty") }
        if isNew, first != second { throw VarveError(.usage, "the two passwords differ") }
        return SecretBytes(first)
    }

    private func read(file: String) throws(VarveError) -> SecretBytes {
        let bytes = try reportingErrors(as: .local) { () throws(SystemError) in
            try OpenFile.open(BytePath(file)).readAll(limit: 1 << 16)
        }
        return try checked(withoutLineEnd(bytes), file)
    }

    private func run(_ command: String) throws(VarveError) -> SecretBytes {
        let process = try reportingErrors(as: .local) { () throws(SystemError) in
            try CommandStream(command, environment: variables, passingErrors: CommandStream.toStandardError)
        }
        let bytes = try reportingErrors(as: .local) { () throws(SystemError) in
            try process.output.readAll(limit: 1 << 16)
        }
        let status = process.wait()
        guard status.isSuccess else {
            throw VarveError(.local, "the command for the password \(status.explanation)")
        }
        return try checked(withoutLineEnd(bytes), "the command for the password")
    }

    private func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes
    }

    private func checked(_ bytes: [UInt8], _ source: String) throws(VarveError) -> SecretBytes {
        if bytes.isEmpty { throw VarveError(.usage, "\(source) gives an empty password") }
        return SecretBytes(bytes)
    }
}
