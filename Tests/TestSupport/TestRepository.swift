import Backends
import Chunking
import FileIO
import Indexing
import Primitives
import Repositories
import Sealing
import Snapshots
import Sourcing
import Threads

/// A repository for a test, with a password that costs next to nothing, and short ways to use it.
package struct TestRepository: Sendable {
    package static let password = SecretBytes(Array("test".utf8))

    package let repository: Repository
    package let warnings: Locked<[String]>

    private init(_ repository: Repository, _ warnings: Locked<[String]>) {
        self.repository = repository
        self.warnings = warnings
    }

    package static func environment(
        warnings: Locked<[String]> = Locked([]), cacheRoot: BytePath? = nil, packCacheLimit: PackCacheLimit = .off
    ) -> RepositoryEnvironment {
        var environment = RepositoryEnvironment(
            cacheRoot: cacheRoot, host: "host", user: "user",
            passwordParameters: ScryptParameters(log2N: 10, r: 8, p: 1),
            warn: { text in warnings.withLock { $0.append(text) } })
        environment.packCacheLimit = packCacheLimit
        return environment
    }

    /// Makes a repository with packs of 1 MiB.
    package static func make(
        at backend: any Backend = MemoryBackend(), isEncrypted: Bool = true, bits: Int = 15,
        cacheRoot: BytePath? = nil
    ) throws -> TestRepository {
        let warnings = Locked<[String]>([])
        let parameters = Repository.Parameters(
            chunker: ChunkerParameters(bits: bits) ?? .standard, packSize: 1 << 20, isEncrypted: isEncrypted)
        return TestRepository(
            try Repository.create(
                at: backend, parameters, password: isEncrypted ? password : nil,
                environment: environment(warnings: warnings, cacheRoot: cacheRoot)), warnings)
    }

    /// Opens the repository at `backend` anew, with an empty cache unless one is named.
    package static func open(
        _ backend: any Backend, password: SecretBytes? = password, cacheRoot: BytePath? = nil,
        packCacheLimit: PackCacheLimit = .off
    ) throws -> TestRepository {
        let warnings = Locked<[String]>([])
        let environment = environment(warnings: warnings, cacheRoot: cacheRoot, packCacheLimit: packCacheLimit)
        return TestRepository(try Repository.open(backend, environment: environment) { _ in password }, warnings)
    }

    // MARK: Backing up and reading

    package static func stream(_ name: String, _ bytes: [UInt8], allowsEmpty: Bool = false) throws -> StreamRequest {
        let file = try TemporaryFile.create(in: BytePath("/tmp"))
        try file.file.write(bytes)
        let opened = try OpenFile.open(file.path)
        file.discard()
        return StreamRequest(name: Array(name.utf8), origin: .file(opened), allowsEmpty: allowsEmpty)
    }

    package static func command(_ name: String, _ text: String) -> StreamRequest {
        StreamRequest(name: Array(name.utf8), origin: .command(text), allowsEmpty: false)
    }

    package func backUp(
        _ streams: [StreamRequest] = [], paths: [BytePath] = [], cancellation: Cancellation = Cancellation(),
        _ change: (inout BackupRequest) -> Void = { _ in }
    ) throws -> BackupResult {
        var request = BackupRequest(host: "host")
        request.streams = streams
        request.paths = paths
        request.commandEnvironment = .inherited()
        change(&request)
        return try BackupRun(repository, request, cancellation: cancellation).run()
    }

    package func backUp(_ name: String, _ bytes: [UInt8]) throws -> BackupResult {
        try backUp([TestRepository.stream(name, bytes)])
    }

    package func snapshots() throws -> [Snapshot] {
        try repository.loadSnapshots(voidSessions: try repository.loadIndex().voidSessions)
    }

    package func reader() throws -> SegmentReader {
        SegmentReader(repository: repository, index: try repository.loadIndex(readsUnindexedPacks: true).chunks)
    }

    /// The bytes of a stream or file.
    package func read(_ path: String, of snapshot: Snapshot) throws -> [UInt8] {
        let reader = try reader()
        guard let entry = try TreeReader(reader).entry(at: BytePath(path).components, below: snapshot.record.root)
        else {
            return []
        }
        let output = Locked<[UInt8]>([])
        try DumpRun(reader, width: 2, cancellation: Cancellation(), warn: { _ in }).write(entry) {
            bytes throws(VarveError) in
            output.withLock { $0.append(contentsOf: bytes) }
        }
        return output.withLock { $0 }
    }

    package func restore(
        _ snapshot: Snapshot, path: String = "", to target: BytePath,
        _ change: (inout RestoreRequest) -> Void = { _ in }
    ) throws -> RestoreResult {
        var request = RestoreRequest(snapshot: snapshot, path: BytePath(path).components, target: target)
        change(&request)
        return try RestoreRun(repository, try reader(), request, cancellation: Cancellation()).run()
    }
}
