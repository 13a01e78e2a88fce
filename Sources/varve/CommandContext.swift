import CommandLineSupport
import Glibc
import VarveKit

/// What every command works with: its arguments, the environment, where to write.
final class CommandContext: Sendable {
    let arguments: ParsedArguments
    let variables = ProcessEnvironment.inherited()
    let isJSON: Bool
    let isQuiet: Bool
    let isVerbose: Bool
    private let signals: SignalThread
    private let reporter = Locked<ProgressReporter?>(nil)
    /// What was opened, and what of its traffic was told already.
    private let storage = Locked<(backends: [any Backend], told: Traffic)>(([], Traffic()))

    init(_ arguments: ParsedArguments, _ signals: SignalThread) {
        self.arguments = arguments
        self.signals = signals
        isJSON = arguments.flag("json")
        isQuiet = arguments.flag("quiet")
        isVerbose = arguments.flag("verbose")
    }

    var cancellation: Cancellation { signals.cancellation }

    /// How many threads do heavy work.
    var width: Int { max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    func variable(_ name: String) -> String? {
        variables.value(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Writing

    /// Writes a line to standard output.
    func print(_ line: String) throws(OutputError) { try StandardOutput.output.writeLine(line) }

    func print(_ lines: [String]) throws(OutputError) { for line in lines { try print(line) } }

    func print(_ value: JSONValue) throws(OutputError) { try StandardOutput.output.writeLine(value) }

    /// Writes a line to standard error, above the progress.
    func warn(_ text: String) {
        let line =
            isJSON ? (["message_type": "warning", "message": .string(text)] as JSONValue).text : "varve: " + text
        if let reporter = reporter.withLock({ $0 }) {
            reporter.writeMessage(line)
        } else {
            try? StandardOutput.error.writeLine(line)
        }
    }

    /// Shows how far `body` is while it runs.
    ///
    /// - Parameter ownsOutput: whether standard output may have objects about progress, and not only the bytes of a dump.
    func withProgress<Result, Failure: Error>(
        ownsOutput: Bool = true, _ figures: @escaping @Sendable () -> ProgressFigures,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let isSilent = isQuiet || (isJSON && !ownsOutput)
        let new = ProgressReporter(style: .suited(json: isJSON, quiet: isSilent), snapshot: figures)
        reporter.withLock { $0 = new }
        signals.setReporter(new)
        defer {
            signals.setReporter(nil)
            new.stop()
            reporter.withLock { $0 = nil }
        }
        return try body()
    }

    // MARK: The repository

    /// Has a backend closed when the command ends.
    func keep(_ backend: any Backend) { storage.withLock { $0.backends.append(backend) } }

    func closeBackends() {
        let backends = storage.withLock { storage in
            defer { storage.backends = [] }
            return storage.backends
        }
        for backend in backends { backend.close() }
    }

    /// What went over the network since this was asked last; `nil` where no repository lies behind one.
    func takeTraffic() -> Traffic? {
        storage.withLock { storage in
            let traffic = storage.backends.compactMap(\.traffic)
            if traffic.isEmpty { return nil }
            let sum = traffic.reduce(Traffic(), +)
            defer { storage.told = sum }
            return sum - storage.told
        }
    }

    func passwordSource() throws -> PasswordSource {
        PasswordSource(
            variablePrefix: "VARVE_", file: try arguments.value("password-file"),
            command: try arguments.value("password-command"), variables: variables)
    }

    /// Where a password that is to be set comes from.
    func newPasswordSource() throws -> PasswordSource {
        PasswordSource(
            variablePrefix: "VARVE_NEW_", file: try arguments.value("new-password-file"), command: nil,
            variables: variables)
    }

    /// - Parameter cached: whether what is read may come from the cache.
    func environment(cached: Bool = true) throws -> RepositoryEnvironment {
        let temporaryRoot = BytePath(variable("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp")
        var cacheRoot: BytePath?
        if cached, !arguments.flag("no-cache") {
            cacheRoot = try arguments.valueBytes("cache-dir").map { try BytePath($0).absolute() }
            if cacheRoot == nil { cacheRoot = CacheFolder.standard(variable) }
        }
        var environment = RepositoryEnvironment(
            cacheRoot: cacheRoot, temporaryRoot: temporaryRoot, host: LocalMachine.hostName,
            user: LocalMachine.userName, warn: { [self] in warn($0) })
        environment.packCacheLimit = try packCacheLimit()
        return environment
    }

    func openRepository(cached: Bool = true) throws -> Repository {
        let source = try passwordSource()
        return try Repository.open(try backend(), environment: try environment(cached: cached)) {
            isEncrypted throws(VarveError) in
            if let given = try source.given() { return given }
            return isEncrypted ? try source.prompted("password of the repository: ", isNew: false) : nil
        }
    }

    /// This machine's cache, for a repository that was opened without: it remembers what was verified when, and which snapshots were seen.
    func memory(of repository: Repository) throws -> CacheFolder? {
        guard let root = try environment().cacheRoot else { return nil }
        let configuration = repository.configuration
        do throws(VarveError) {
            return try CacheFolder(
                below: root, repository: configuration.repository, location: configuration.location)
        } catch {
            warn("what is verified will not be remembered: \(error.problem)")
            return nil
        }
    }

    /// The index and the snapshots of a repository, for commands that look.
    ///
    /// - Parameter content: whether the content of snapshots will be read, by all means.
    func load(
        _ repository: Repository, content: Bool = false
    ) throws(VarveError) -> (index: LoadedIndex, snapshots: [Snapshot]) {
        let index = try repository.loadIndex(readsUnindexedPacks: content)
        return (index, try repository.loadSnapshots(voidSessions: index.voidSessions))
    }
}
