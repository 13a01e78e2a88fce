import Glibc
import Testing

/// A folder with a repository, a cache and a password of its own, and the means to run programs there.
///
/// It is removed, with all that was mounted in it, when the test lets go of it.
final class Sandbox {
    /// Others may pass it, as the server of a database must.
    let folder: String
    let repository: String
    let password: String
    /// What no output may show: the password, and what else a test adds.
    var secrets: [String]
    /// What programs get as their environment.
    var environment: [String: String]
    private var mounts: [String] = []
    private var runs = 0

    /// - Parameter isInitialized: whether there is a repository already.
    /// - Parameter isEncrypted: without encryption a command takes a tenth of the time.
    /// - Parameter options: of `init`.
    /// - Parameter base: where it is made.
    init(
        isInitialized: Bool = true, isEncrypted: Bool = true, _ options: Argument..., below base: String? = nil
    ) throws {
        let base = base ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/varve-e2e-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Files.Failure("mkdtemp in \(base)") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(folder, 0o711)
        repository = "\(folder)/repository"
        password = "password-\(UInt64.random(in: 1 << 60 ... .max))"
        secrets = [password]
        environment = [
            "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8",
            "TZ": "UTC", "TMPDIR": "\(folder)/tmp", "XDG_CACHE_HOME": "\(folder)/cache",
            "VARVE": try Installation.binary(), "VARVE_REPOSITORY": repository,
        ]
        if isEncrypted { environment["VARVE_PASSWORD"] = password }
        // Which instructions are used is up to whoever runs the tests: all must hold with any.
        if let kernel = getenv("VARVE_KERNEL") { environment["VARVE_KERNEL"] = String(cString: kernel) }
        for name in ["tmp", "runs"] { try Files.makeFolder("\(folder)/\(name)", 0o1777) }
        if isInitialized {
            try succeed(arguments: ["init", "--quiet"] + (isEncrypted ? [] : ["--no-encryption"]) + options)
        }
    }

    deinit {
        for mount in mounts { umount2(mount, Int32(MNT_DETACH)) }
        let removing = try? start(["rm", "-rf", "--one-file-system", "\(folder)/"])
        _ = try? removing?.wait()
        rmdir(folder)
    }

    /// The path of `name` in the sandbox.
    func path(_ name: String) -> String { "\(folder)/\(name)" }

    // MARK: Programs

    /// Starts a program.
    func start(
        _ arguments: [Argument], input: String = "/dev/null", environment changes: [String: String] = [:],
        in folder: String? = nil
    ) throws -> ChildProcess {
        runs += 1
        return try ChildProcess(
            (folder.map { ["env", "-C", Argument($0)] } ?? []) + arguments,
            environment: environment.merging(changes) { $1 }, input: input, output: path("runs/\(runs).out"),
            errors: path("runs/\(runs).err"))
    }

    /// Starts varve.
    func startVarve(
        _ arguments: Argument..., input: String = "/dev/null", environment: [String: String] = [:]
    ) throws -> ChildProcess {
        try start([Argument(try Installation.binary())] + arguments, input: input, environment: environment)
    }

    /// Runs varve; the input is a file, or bytes.
    func run(
        arguments: [Argument], input: Input = "/dev/null", environment: [String: String] = [:], in folder: String? = nil
    ) throws -> Outcome {
        let outcome = try start(
            [Argument(try Installation.binary())] + arguments, input: try file(of: input), environment: environment,
            in: folder
        ).wait()
        // Whatever is asked for, and whatever goes wrong: no output shows a secret.
        let isDiscreet = secrets.allSatisfy { !outcome.output.holds($0) && !Array(outcome.errors.utf8).holds($0) }
        #expect(isDiscreet, "\(outcome.name)")
        return outcome
    }

    /// Runs varve and expects success.
    @discardableResult
    func succeed(
        _ arguments: Argument..., input: Input = "/dev/null", environment: [String: String] = [:],
        in folder: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        try succeed(
            arguments: arguments, input: input, environment: environment, in: folder, sourceLocation: sourceLocation)
    }

    @discardableResult
    func succeed(
        arguments: [Argument], input: Input = "/dev/null", environment: [String: String] = [:],
        in folder: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try run(arguments: arguments, input: input, environment: environment, in: folder)
        outcome.expect(0, sourceLocation: sourceLocation)
        return outcome
    }

    /// Runs varve and expects this exit code, and something on standard error.
    @discardableResult
    func fail(
        _ code: Int32, _ arguments: Argument..., input: Input = "/dev/null", environment: [String: String] = [:],
        in folder: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try run(arguments: arguments, input: input, environment: environment, in: folder)
        outcome.expect(code, sourceLocation: sourceLocation)
        #expect(!outcome.errors.isEmpty, "\(outcome.name): no word on standard error", sourceLocation: sourceLocation)
        return outcome
    }

    /// Runs a script in bash, in this folder, where `$VARVE` is the binary, and expects success.
    @discardableResult
    func shell(
        _ script: String, atMost seconds: Int = 300, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try start(["bash", "-c", Argument("set -euo pipefail\n\(script)")], in: folder)
            .wait(atMost: seconds)
        outcome.expect(0, sourceLocation: sourceLocation)
        return outcome
    }

    /// Standard input of a program.
    enum Input: ExpressibleByStringInterpolation {
        case file(String)
        case bytes([UInt8])

        init(stringLiteral value: String) { self = .file(value) }
    }

    private func file(of input: Input) throws -> String {
        switch input {
        case .file(let path): return path
        case .bytes(let bytes):
            let path = path("runs/\(runs + 1).in")
            try Files.write(bytes, to: path)
            return path
        }
    }

    /// The extended attributes, access control lists among them, of all below a folder: a text for each that has some.
    func attributes(below folder: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        let listing = try shell(
            "cd \(folder); getfattr --recursive --physical --no-dereference --dump --match=- --encoding=hex .",
            sourceLocation: sourceLocation)
        return listing.text.split(separator: "\n\n").map { String($0) }.sorted()
    }

    // MARK: Looking at the repository

    /// The snapshots, the oldest first.
    func snapshots(sourceLocation: SourceLocation = #_sourceLocation) throws -> [JSONObject] {
        try succeed("snapshots", "--json", sourceLocation: sourceLocation).objects(sourceLocation: sourceLocation)
    }

    /// Expects that every byte of the repository is well.
    func checkAll(sourceLocation: SourceLocation = #_sourceLocation) throws {
        try succeed("check", "--read-data", "--quiet", sourceLocation: sourceLocation)
    }

    /// The bytes of a stream or file in a snapshot.
    func dump(_ name: Argument, sourceLocation: SourceLocation = #_sourceLocation) throws -> [UInt8] {
        try succeed("dump", name, sourceLocation: sourceLocation).output
    }

    /// The packs that stand in the repository.
    var packs: [(path: String, size: Int)] { Files.below("\(repository)/data") }

    // MARK: File systems

    /// Mounts a file system in memory; for root only.
    func mount(_ name: String, size: String) throws -> String {
        let place = path(name)
        try Files.makeFolder(place)
        if Glibc.mount("none", place, "tmpfs", 0, "size=\(size)") != 0 { throw Files.Failure("mount \(place)") }
        mounts.append(place)
        return place
    }

    /// Changes the size of a file system in memory.
    func resize(_ place: String, to size: String) throws {
        if Glibc.mount("none", place, "tmpfs", UInt(MS_REMOUNT), "size=\(size)") != 0 {
            throw Files.Failure("remount \(place)")
        }
    }
}
