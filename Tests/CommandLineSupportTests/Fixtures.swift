import CommandLineSupport
import Glibc

/// A program with one of everything, much like varve.
let sampleProgram = ProgramDeclaration(
    name: "varve",
    abstract: "Keeps dump streams, deduplicated and encrypted.",
    discussion: "Standard input cannot show that its producer failed.",
    globalOptions: [
        .value(
            "repo", "r", "REPO", help: "Where the repository is.", environment: "VARVE_REPOSITORY",
            completion: .folder),
        .value("password-file", nil, "FILE", help: "Read the password from this file.", completion: .file),
        .flag("json", help: "Write one JSON object a line."),
        .flag("quiet", "q", help: "Say nothing but errors."),
        .flag("verbose", "v", help: "Say more.", isRepeatable: true),
    ],
    commands: [
        CommandDeclaration(
            "backup", abstract: "Make a snapshot.",
            examples: [Example("varve backup /etc --tag nightly", "the configuration, under a tag")],
            options: [
                .value("tag", "t", "TAG", help: "Put a tag on it.", isRepeatable: true),
                .flag("dry-run", "n", help: "Only say what would be done; it's [not] done: really."),
                .value("chunk-size", nil, "SIZE", help: "Mean size of a chunk."),
                .value("exclude-file", nil, "FILE", help: "Leave out what the file names.", completion: .file),
            ],
            positionals: [Positional("PATH", .anyNumber, help: "What to read.", completion: .file)]),
        CommandDeclaration(
            "restore", abstract: "Put files back.",
            examples: [Example("varve restore latest --target /tmp/x", "the latest snapshot into a new folder")],
            options: [
                .value("target", nil, "DIR", help: "Where to.", isRequired: true, completion: .folder),
                .value(
                    "overwrite", nil, "WHEN", help: "Which files to replace.",
                    allowedValues: ["never", "if-changed", "if-newer", "always"]),
                .value("connections", nil, "N", help: "How many at once."),
                .value("max-wait", nil, "TIME", help: "How long to wait."),
            ],
            positionals: [
                Positional(
                    "SNAPSHOT", placeholder: "SNAPSHOT[:PATH]", help: "Which one.", completion: .oneOf(["latest"]))
            ]),
        CommandDeclaration(
            "diff", abstract: "Compare two snapshots.", examples: [Example("varve diff a b", "what changed")],
            positionals: [Positional("A", help: "The older."), Positional("B", .optional, help: "The newer.")]),
        CommandDeclaration(
            "list", abstract: "List objects.", examples: [Example("varve list packs", "all packs")],
            positionals: [Positional("KIND", help: "Of what.", allowedValues: ["packs", "snapshots"])]),
        CommandDeclaration(
            "key", abstract: "Handle keys.",
            subcommands: [
                CommandDeclaration(
                    "list", abstract: "List the keys.", examples: [Example("varve key list", "all keys")]),
                CommandDeclaration(
                    "add", abstract: "Add a key.", examples: [Example("varve key add", "for a colleague")],
                    options: [
                        .value("label", "l", "TEXT", help: "Whose key it is.", completion: .oneOf(["me", "you"]))
                    ]),
            ]),
        CommandDeclaration(
            "rm-many", abstract: "Remove [several]: that's all.", examples: [Example("varve rm-many a b", "both")],
            positionals: [
                Positional("FIRST", help: "One."), Positional("REST", .atLeastOne, help: "More.", completion: .folder),
            ]),
    ],
    environment: [EnvironmentVariable("VARVE_PASSWORD", help: "The password.")],
    examples: [Example("varve init", "create a repository")],
    exitCodes: [ExitCode(0, "done"), ExitCode(2, "wrong usage"), ExitCode(130, "interrupted")])

/// The arguments of a line that is expected to run a command.
func parsed(_ line: String) throws -> ParsedArguments {
    guard case .command(let arguments) = try sampleProgram.parse(words(line)) else { throw Unexpected(what: line) }
    return arguments
}

/// The error of a line that is expected to be wrong.
func usageError(_ line: String) -> UsageError? {
    do throws(UsageError) {
        _ = try sampleProgram.parse(words(line))
        return nil
    } catch {
        return error
    }
}

func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

struct Unexpected: Error {
    let what: String
}

/// A pipe whose reading end waits for what is written.
final class Pipe: Sendable {
    let reading: Int32
    let writing: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0)
        // A process that another test starts must not keep the pipe open.
        for end in ends { precondition(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// Waits for bytes up to and with a newline; without the newline.
    func readLine() -> String {
        var line: [UInt8] = []
        while let byte = readByte(), byte != 0x0a { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// Waits until what was read ends with the text.
    func read(until end: String) -> String {
        var bytes: [UInt8] = []
        while !bytes.reversed().starts(with: Array(end.utf8).reversed()), let byte = readByte() { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Waits for so many bytes.
    func read(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let step = bytes[filled...].withUnsafeMutableBytes { Glibc.read(reading, $0.baseAddress, $0.count) }
            guard step > 0 else { break }
            filled += step
        }
        return Array(bytes[..<filled])
    }

    /// What has been written and not yet read, without waiting.
    func available() -> String {
        var count: Int32 = 0
        precondition(ioctl(reading, UInt(FIONREAD), &count) == 0)
        return String(decoding: read(count: Int(count)), as: UTF8.self)
    }

    private func readByte() -> UInt8? {
        var byte: UInt8 = 0
        return Glibc.read(reading, &byte, 1) == 1 ? byte : nil
    }
}

/// Runs the closure on a thread of its own, which may wait for other threads.
func onThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(code == 0)
    return thread
}
