import CommandLineSupport
import Glibc
import VarveKit

/// Makes a request of the arguments of `varve backup`.
struct BackupArguments {
    private let context: CommandContext
    private var arguments: ParsedArguments { context.arguments }

    init(_ context: CommandContext) { self.context = context }

    func request() throws -> BackupRequest {
        var request = BackupRequest(host: try arguments.value("host") ?? LocalMachine.hostName)
        request.paths = try arguments.positionalBytes("PATH").map(path)
        request.streams = try streams()
        request.tags = try arguments.values("tag").flatMap { $0.split(separator: ",").map(String.init) }
        try addExcludes(to: &request)
        request.excludesCaches = arguments.flag("exclude-caches")
        request.staysOnFileSystem = arguments.flag("one-file-system")
        request.readsUnchanged = arguments.flag("force")
        if let text = try arguments.value("compression") {
            guard let level = CompressionLevel(parsing: text) else {
                throw arguments.wrong(text, of: "compression", "is no level")
            }
            request.compression = level
        }
        request.deltas = try deltas()
        request.commandEnvironment = context.variables.dropping(BackupArguments.secretVariables)
        if !context.isQuiet, !context.isJSON {
            let warn: @Sendable (String) -> Void = { [context] in context.warn($0) }
            request.commandErrors = { bytes in
                for line in bytes.split(separator: UInt8(ascii: "\n")) { warn(ByteString.display(line)) }
            }
        }
        request.time = try time()
        request.program = "varve \(Program.version)"
        request.width = context.width
        try checkAllowedEmpty(request)
        return request
    }

    private func deltas() throws -> DeltaPolicy {
        // The option has been checked: it is one of these words.
        if let policy = try arguments.value("delta").flatMap(DeltaPolicy.init) { return policy }
        guard let text = context.variable("VARVE_DELTA"), !text.isEmpty else { return .auto }
        guard let policy = DeltaPolicy(rawValue: text) else {
            throw UsageError("VARVE_DELTA: \"\(text)\" is none of auto, off and always", advice: "correct it")
        }
        return policy
    }

    /// What a command that makes a stream has no business to know.
    private static let secretVariables = ["VARVE_", "VARVE_NEW_", "VARVE_FROM_", "VARVE_TO_", "VARVE_REST_"].flatMap {
        prefix in ["PASSWORD", "PASSWORD_FILE", "PASSWORD_COMMAND"].map { prefix + $0 }
    }

    /// A policy would keep a snapshot of the future for ever.
    private func time() throws -> Timestamp? {
        guard let text = try arguments.value("time") else { return nil }
        guard let nanoseconds = LocalTime.parse(text) else {
            throw arguments.wrong(text, of: "time", "is no time such as 2026-11-21 or \"2026-11-21 01:05\"")
        }
        guard Timestamp(nanoseconds: nanoseconds) <= SystemClock().now() else {
            throw arguments.wrong(text, of: "time", "is in the future")
        }
        return Timestamp(nanoseconds: nanoseconds)
    }

    private func path(_ bytes: [UInt8]) throws -> BytePath {
        guard let path = BytePath(validating: bytes) else {
            throw UsageError("a path is empty", advice: "leave it out")
        }
        return path
    }

    private func streams() throws -> [StreamRequest] {
        let allowed = Set(arguments.valuesBytes("allow-empty"))
        var streams: [StreamRequest] = []
        if let name = arguments.valueBytes("stdin") {
            if isatty(0) == 1 {
                throw UsageError("--stdin: standard input is a terminal", advice: "pipe something into varve")
            }
            let input = OpenFile(adopting: dup(0), path: BytePath("standard input"))
            streams.append(StreamRequest(name: name, origin: .file(input), allowsEmpty: allowed.contains(name)))
        }
        for text in arguments.valuesBytes("stream") {
            let parts = text.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let command = parts.count == 2 ? String(validating: parts[1], as: UTF8.self) : nil
            guard let command, !command.isEmpty, !parts[0].isEmpty else {
                throw arguments.wrong(ByteString.display(text), of: "stream", "is not NAME=COMMAND")
            }
            let name = Array(parts[0])
            streams.append(StreamRequest(name: name, origin: .command(command), allowsEmpty: allowed.contains(name)))
        }
        return streams
    }

    private func checkAllowedEmpty(_ request: BackupRequest) throws {
        for name in arguments.valuesBytes("allow-empty") where !request.streams.contains(where: { $0.name == name }) {
            throw arguments.wrong(ByteString.display(name), of: "allow-empty", "names no stream of this backup")
        }
    }

    private func addExcludes(to request: inout BackupRequest) throws {
        var patterns = arguments.valuesBytes("exclude")
        for file in arguments.valuesBytes("exclude-file") {
            let bytes = try reportingErrors(as: .local) { () throws(SystemError) in
                try OpenFile.open(BytePath(file)).readAll(limit: 16 << 20)
            }
            patterns += try ExcludePatterns.parseFile(bytes) { context.variables.value(of: $0) }
        }
        let ignoringCase = arguments.valuesBytes("iexclude")
        request.excludes = [
            try ExcludePatterns(patterns), try ExcludePatterns(ignoringCase, ignoringCase: true),
        ].filter { !$0.isEmpty }
        request.excludeTexts = (patterns + ignoringCase).map { ByteString.display($0) }
    }
}
