import Glibc

/// A varve repository, for programs that keep their own dumps in one.
///
/// ```swift
/// let repository = try VarveRepository.open("/srv/backup", password: secret)
/// let id = try repository.backUp([.command("app.sql", "pg_dump app")], tags: ["nightly"])
/// try repository.read("app.sql", of: id) { bytes in … }
/// ```
public final class VarveRepository: Sendable {
    private let repository: Repository

    private init(_ repository: Repository) { self.repository = repository }

    /// A stream to back up.
    public struct Stream: Sendable {
        let request: StreamRequest

        /// The standard output of a shell command, which must exit with status 0.
        public static func command(_ name: String, _ command: String) -> Stream {
            Stream(request: StreamRequest(name: Array(name.utf8), origin: .command(command), allowsEmpty: false))
        }

        /// What can be read from a file descriptor, which is closed then.
        public static func descriptor(_ name: String, _ descriptor: Int32) -> Stream {
            let file = OpenFile(adopting: descriptor, path: BytePath(name))
            return Stream(request: StreamRequest(name: Array(name.utf8), origin: .file(file), allowsEmpty: false))
        }
    }

    /// A snapshot in short.
    public struct SnapshotInfo: Sendable, Hashable {
        /// 64 hex digits.
        public let id: String
        public let time: Timestamp
        public let host: String
        public let tags: [String]
        public let streams: [String]
        public let paths: [String]
        /// Bytes of all that is in it.
        public let bytes: UInt64
    }

    /// Opens the repository in a folder.
    ///
    /// - Throws: `VarveError`.
    public static func open(_ location: String, password: String?) throws(VarveError) -> VarveRepository {
        VarveRepository(
            try Repository.open(try BackendLocation.backend(location), environment: environment()) { _ in
                password.map { SecretBytes(Array($0.utf8)) }
            })
    }

    /// Makes a repository in a folder, with chunks of 32 KiB and packs of 32 MiB.
    ///
    /// - Parameter password: `nil` for one that is not encrypted.
    /// - Throws: `VarveError`.
    public static func create(_ location: String, password: String?) throws(VarveError) -> VarveRepository {
        VarveRepository(
            try Repository.create(
                at: try BackendLocation.backend(location), Repository.Parameters(isEncrypted: password != nil),
                password: password.map { SecretBytes(Array($0.utf8)) }, environment: environment()))
    }

    private static func environment() -> RepositoryEnvironment {
        let variables = ProcessEnvironment.inherited()
        func text(_ name: String) -> String? { variables.value(of: name).map { String(decoding: $0, as: UTF8.self) } }
        return RepositoryEnvironment(
            cacheRoot: CacheFolder.standard { text($0) }, host: LocalMachine.hostName, user: LocalMachine.userName,
            warn: { _ in })
    }

    /// Backs up streams as one snapshot: all of them, or none. Gives the id of the snapshot.
    ///
    /// - Throws: `VarveError`.
    public func backUp(_ streams: [Stream], tags: [String] = []) throws(VarveError) -> String {
        var request = BackupRequest(host: repository.environment.host)
        request.streams = streams.map(\.request)
        request.tags = tags
        request.commandEnvironment = .inherited()
        return try BackupRun(repository, request, cancellation: Cancellation()).run().snapshot.id.hex
    }

    /// All snapshots, oldest first.
    ///
    /// - Throws: `VarveError`.
    public func snapshots() throws(VarveError) -> [SnapshotInfo] {
        let index = try repository.loadIndex()
        return try repository.loadSnapshots(voidSessions: index.voidSessions).map { snapshot in
            SnapshotInfo(
                id: snapshot.id.hex, time: snapshot.record.time, host: snapshot.record.host,
                tags: snapshot.record.tags, streams: snapshot.record.streams, paths: snapshot.record.paths,
                bytes: snapshot.record.summary.bytes)
        }
    }

    /// Gives the bytes of a stream or file of a snapshot to `body`, piece by piece; every byte has been checked.
    ///
    /// - Parameters:
    ///   - path: the name of the stream, or the path of a file.
    ///   - snapshot: `latest` or the beginning of an id.
    /// - Throws: `VarveError`, also what `body` throws.
    public func read(
        _ path: String, of snapshot: String, _ body: (UnsafeRawBufferPointer) throws(VarveError) -> Void
    ) throws(VarveError) {
        try repository.whilePresent(as: "read") { () throws(VarveError) in
            let index = try repository.loadIndex(readsUnindexedPacks: true)
            let chosen = try repository.loadSnapshots(voidSessions: index.voidSessions).snapshot(named: snapshot)
            let reader = SegmentReader(repository: repository, index: index.chunks)
            let path = BytePath(path).components
            guard let entry = try TreeReader(reader).entry(at: path, below: chosen.record.root) else {
                throw VarveError(.usage, "no name of a stream is given")
            }
            try DumpRun(reader, width: 2, cancellation: Cancellation(), warn: { _ in }).write(entry, to: body)
        }
    }
}

/// What this machine and the user of this process are called.
package enum LocalMachine {
    package static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package static var userName: String { AccountNames().userName(of: geteuid()) ?? "\(geteuid())" }
}
