import CommandLineSupport
import VarveKit

/// Other places of the repository, that a command names besides `--repo`.
extension CommandContext {
    /// Where the password of another place comes from, where it is not the same.
    struct OtherPassword {
        /// `to` or `from`: the beginning of the options and, in capitals, of the variables.
        let word: String

        static let to = OtherPassword(word: "to")
        static let from = OtherPassword(word: "from")

        var options: [Option] {
            [
                .value(
                    "\(word)-password-file", nil, "FILE",
                    help: "Read the password of the other repository from a file, where it is another one.",
                    environment: "VARVE_\(word.uppercased())_PASSWORD_FILE", completion: .file),
                .value(
                    "\(word)-password-command", nil, "COMMAND",
                    help: "Run a command that prints the password of the other repository.",
                    environment: "VARVE_\(word.uppercased())_PASSWORD_COMMAND"),
            ]
        }
    }

    /// Opens the repository that `--repo` names, and others: with the password given for them, else with the same one.
    ///
    /// - Parameters:
    ///   - names: of the others.
    ///   - allowsUnencrypted: whether a place may be without encryption where this one is not.
    func openTiers(
        _ names: [String], _ other: OtherPassword, cached: Bool = true, allowsUnencrypted: Bool = false
    ) throws -> (own: Repository, others: [Repository]) {
        let environment = try environment(cached: cached)
        let source = try passwordSource()
        let used = Locked<SecretBytes?>(nil)
        let own = try Repository.open(try backend(), environment: environment) { isEncrypted throws(VarveError) in
            var password = try source.given()
            if password == nil, isEncrypted {
                password = try source.prompted("password of the repository: ", isNew: false)
            }
            let known = password
            used.withLock { $0 = known }
            return password
        }
        let others = PasswordSource(
            variablePrefix: "VARVE_\(other.word.uppercased())_",
            file: try arguments.value("\(other.word)-password-file"),
            command: try arguments.value("\(other.word)-password-command"), variables: variables)
        return (
            own,
            try names.map {
                try open($0, others, own: used.withLock { $0 }, environment, allowsUnencrypted: allowsUnencrypted)
            }
        )
    }

    private func open(
        _ name: String, _ source: PasswordSource, own: SecretBytes?, _ environment: RepositoryEnvironment,
        allowsUnencrypted: Bool
    ) throws -> Repository {
        let backend = try self.backend(at: name)
        guard try isEncrypted(backend) else {
            // That a place has no encryption must not be the storage's choice: what is copied there can be read by it.
            guard own == nil || allowsUnencrypted else {
                throw VarveError(
                    .wrongPassword, "\(backend.location) is not encrypted, and this repository is",
                    advice: "if it should be encrypted, somebody changed it: do not use it; if not, give "
                        + "--allow-unencrypted")
            }
            return try Repository.open(backend, environment: environment) { _ in nil }
        }
        let passwords = [try source.given(), own].compactMap { $0 }
        for password in passwords {
            if let repository = try open(backend, password, environment) { return repository }
        }
        if let typed = try source.prompted("password of \(name): ", isNew: false) {
            return try Repository.open(backend, environment: environment) { _ in typed }
        }
        throw VarveError(
            .wrongPassword,
            "\(backend.location): \(passwords.isEmpty ? "no password is given" : "the password opens no key slot")",
            advice: "set \(source.variablePrefix)PASSWORD_FILE, or give the option of that name")
    }

    /// `nil` where the password is not that of the repository.
    private func open(
        _ backend: any Backend, _ password: SecretBytes, _ environment: RepositoryEnvironment
    ) throws(VarveError) -> Repository? {
        do throws(VarveError) {
            return try Repository.open(backend, environment: environment) { _ in password }
        } catch {
            if error.kind == .wrongPassword { return nil }
            throw error
        }
    }

    private func isEncrypted(_ backend: any Backend) throws(VarveError) -> Bool {
        guard let bytes = try backend.readConfiguration() else {
            throw VarveError(
                .repositoryMissing, "there is no repository at \(backend.location)",
                advice: "check the name, or make one with `varve init --copy-parameters-from`")
        }
        return try RepositoryConfiguration(decoding: bytes).isEncrypted
    }

    /// The traffic of backends behind a network, as a line; `nil` where there is none.
    func trafficLine(_ repository: Repository) -> String? {
        guard let traffic = repository.backend.traffic else { return nil }
        return "\(repository.backend.location): \(counted(UInt64(traffic.totalRequests), "request")), "
            + "\(ByteCount.format(traffic.sentBytes)) sent, \(ByteCount.format(traffic.receivedBytes)) received"
    }

    func trafficJSON(_ repository: Repository) -> JSONValue {
        guard let traffic = repository.backend.traffic else { return .null }
        return [
            "repository": .string(repository.backend.location), "requests": .number(traffic.totalRequests),
            "bytes_sent": .number(traffic.sentBytes), "bytes_received": .number(traffic.receivedBytes),
        ]
    }
}
