import CommandLineSupport
import VarveKit

/// The repositories that one backup goes to: that of `--repo`, and those of `--also`.
struct BackupPlaces {
    /// Those that are up.
    private(set) var repositories: [Repository] = []
    /// Those that are not, and why.
    private(set) var failures: [BackupTier] = []

    /// Opens them all with one password. One that is down is passed over, as long as another is there.
    ///
    /// - Throws: where none can be opened; kinds `usage`, `wrongPassword` and `cancelled` for any of them.
    init(_ context: CommandContext) throws {
        let names = try [context.repositoryName()] + context.arguments.values("also")
        guard names.count > 1 else {
            repositories = [try context.openRepository()]
            return
        }
        let password = SharedPassword(try context.passwordSource())
        let environment = try context.environment()
        var firstError: VarveError?
        for name in names {
            let shown = try BackendLocation(parsing: name).shown
            do {
                repositories.append(
                    try Repository.open(try context.backend(at: name), environment: environment) {
                        isEncrypted throws(VarveError) in try password.value(isEncrypted)
                    })
            } catch let error as VarveError where BackupPlaces.isPassedOver(error) {
                firstError = firstError ?? error
                failures.append(BackupTier(location: shown, outcome: .failure(error)))
            }
        }
        if repositories.isEmpty, let firstError { throw firstError }
        for failure in failures {
            context.warn("\(failure.location) is left out: \(failure.failure?.problem ?? "")")
        }
    }

    /// What is wrong with the place, and not with what the user gave.
    private static func isPassedOver(_ error: VarveError) -> Bool {
        switch error.kind {
        case .storage, .repositoryMissing, .damaged, .unsupported, .local, .busy, .retained, .notFound: true
        case .usage, .wrongPassword, .cancelled, .source, .repositoryExists: false
        }
    }
}

/// A password that is asked for once.
private final class SharedPassword: Sendable {
    private let source: PasswordSource
    private let known = Locked<SecretBytes?>(nil)

    init(_ source: PasswordSource) { self.source = source }

    func value(_ isEncrypted: Bool) throws(VarveError) -> SecretBytes? {
        if let known = known.withLock({ $0 }) { return known }
        var password = try source.given()
        if password == nil, isEncrypted {
            password = try source.prompted("password of the repositories: ", isNew: false)
        }
        let found = password
        known.withLock { $0 = found }
        return found
    }
}
