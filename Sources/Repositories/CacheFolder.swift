import Backends
import FileIO
import Glibc
import Hashing
import Primitives

/// This machine's cache for one repository: runs of the index, copies of small objects, and the writer's own sequence.
///
/// Everything but the writer's sequence can be rebuilt from the repository.
package final class CacheFolder: Sendable {
    package let path: BytePath
    /// Whether it goes with this object.
    let isTemporary: Bool

    /// The folder for all caches: `$XDG_CACHE_HOME/varve`, else `~/.cache/varve`, else `nil`.
    package static func standard(_ variable: (String) -> String?) -> BytePath? {
        if let folder = variable("XDG_CACHE_HOME"), folder.hasPrefix("/") { return BytePath(folder).appending("varve") }
        if let home = variable("HOME"), home.hasPrefix("/") {
            return BytePath(home).appending(".cache").appending("varve")
        }
        return nil
    }

    /// Opens, and makes where it is missing, the cache of one repository below the folder for all of them.
    package init(below folder: BytePath, repository: Identifier, location: Identifier) throws(VarveError) {
        path = folder.appending(repository.hex).appending(location.hex)
        isTemporary = false
        try CacheFolder.makeFolders(runs, temporary)
        let tag = folder.appending("CACHEDIR.TAG")
        if (try? FileMetadata.read(tag)) == nil {
            // So that backups with --exclude-caches leave it out. A cache without the tag works as well.
            try? DurableWrite.create(
                path: tag, Array("Signature: 8a477f597d28d172789f06886806bc55\n# A cache of varve.\n".utf8),
                temporaryFolder: temporary, replacing: true)
        }
        _ = try? TemporaryFile.removeStale(in: temporary)
    }

    /// A cache that lasts as long as this object, for `--no-cache`.
    package init(temporaryBelow folder: BytePath, random: some RandomBytes = SystemRandom()) throws(VarveError) {
        path = folder.appending("varve-" + Hex.encode(random.bytes(16)))
        isTemporary = true
        try CacheFolder.makeFolders(runs, temporary)
    }

    deinit {
        if isTemporary, let parent = try? OpenFile.open(path.parent, .readOnly, .directory) {
            try? parent.removeTree(path.lastComponent)
        }
    }

    /// Where the runs of the index lie.
    package var runs: BytePath { path.appending("runs") }
    /// Where files are made.
    package var temporary: BytePath { path.appending("tmp") }
    /// Where whole packs are kept (``PackCache``).
    var packs: BytePath { path.appending("packs") }
    private var writerPath: BytePath { path.appending("writer") }

    private static func makeFolders(_ folders: BytePath...) throws(VarveError) {
        try reportingErrors(as: .local) { () throws(SystemError) in
            for folder in folders { try folder.makeDirectories() }
        }
    }

    // MARK: Copies of objects

    private func objectFolder(_ folder: StorageFolder) -> BytePath {
        path.appending("objects").appending(folder.rawValue)
    }

    /// The bytes kept of an object; whoever asks checks them against the name.
    package func object(_ name: ObjectName) -> [UInt8]? {
        try? OpenFile.open(objectFolder(name.folder).appending(name.id.hex)).readAll(limit: name.folder.objectSizeLimit)
    }

    /// Keeps the bytes of an object; where that fails, the cache does without.
    ///
    /// Nothing waits for the disk: a torn copy is not what its name stands for, and is not used.
    package func keep(_ bytes: [UInt8], of name: ObjectName) {
        do throws(SystemError) {
            try objectFolder(name.folder).makeDirectories()
            let file = try TemporaryFile.create(in: temporary)
            try file.file.write(bytes)
            try file.commit(
                to: objectFolder(name.folder).appending(name.id.hex), replacing: true, isDurable: false)
        } catch {
            return
        }
    }

    /// Drops all copies of objects of `folder` but those of `names`.
    package func dropObjects(in folder: StorageFolder, except names: Set<Digest>) {
        guard let directory = try? OpenFile.open(objectFolder(folder), .readOnly, .directory),
            let listing = try? DirectoryListing(of: directory)
        else { return }
        for name in listing {
            let id = Digest(hex: String(decoding: name, as: UTF8.self))
            if id.map({ !names.contains($0) }) ?? true { try? directory.removeFile(name) }
        }
    }

    /// The names of the objects of `folder` of which there are copies.
    package func objectNames(in folder: StorageFolder) -> Set<Digest> {
        guard let directory = try? OpenFile.open(objectFolder(folder), .readOnly, .directory),
            let listing = try? DirectoryListing(of: directory)
        else { return [] }
        return Set(listing.compactMap { Digest(hex: String(decoding: $0, as: UTF8.self)) })
    }

    // MARK: As a whole

    /// Bytes of all files in it.
    package func size() throws(VarveError) -> UInt64 {
        try reportingErrors(as: .local) { () throws(SystemError) in try CacheFolder.size(of: path) }
    }

    /// Bytes of the packs that are kept.
    package func sizeOfPacks() throws(VarveError) -> UInt64 {
        try reportingErrors(as: .local) { () throws(SystemError) in
            do throws(SystemError) { return try CacheFolder.size(of: packs) } catch  where error.isMissing { return 0 }
        }
    }

    private static func size(of path: BytePath) throws(SystemError) -> UInt64 {
        let folder = try OpenFile.open(path, .readOnly, .directory)
        var size: UInt64 = 0
        for name in try DirectoryListing(of: folder) {
            let status = try FileMetadata.read(at: folder, name: name)
            size += status.kind == .directory ? try self.size(of: path.appending(name)) : UInt64(status.size)
        }
        return size
    }

    /// Removes all that can be built again; the writer's sequence stays.
    package func clear() throws(VarveError) {
        try reportingErrors(as: .local) { () throws(SystemError) in
            let folder = try OpenFile.open(path, .readOnly, .directory)
            for name in ["runs", "objects", "packs"]
            where (try? FileMetadata.read(at: folder, name: Array(name.utf8))) != nil {
                try folder.removeTree(Array(name.utf8))
            }
        }
    }

    // MARK: The writer's sequence

    /// Who writes snapshots from this cache, and what it wrote last.
    package struct Writer: Sendable, Equatable {
        package var id: Identifier
        /// The number of the last snapshot that was begun.
        package var sequence: UInt64
        /// The last snapshot that was put.
        package var previous: Digest?
    }

    /// Runs `body` on the writer's state, alone among all processes with this cache, and keeps what it makes of it.
    ///
    /// `save` keeps the state at once, for what must be on the disk before the next step.
    package func withWriter<Result>(
        _ environment: RepositoryEnvironment,
        _ body: (_ writer: inout Writer, _ save: (Writer) throws(VarveError) -> Void) throws(VarveError) -> Result
    ) throws(VarveError) -> Result {
        let lock = try reportingErrors(as: .local) { () throws(SystemError) in
            let lock = try OpenFile.open(path.appending("writer.lock"), .readWrite, .create)
            try environment.lockFile(lock)
            return lock
        }
        defer { withExtendedLifetime(lock) {} }
        var writer = readWriter() ?? Writer(id: Identifier(from: environment.random), sequence: 0, previous: nil)
        let result = try body(&writer) { writer throws(VarveError) in try save(writer) }
        try save(writer)
        return result
    }

    /// Who writes snapshots from this cache; `nil` where nobody has yet.
    package var writer: Writer? { readWriter() }

    private func readWriter() -> Writer? {
        guard let bytes = try? OpenFile.open(writerPath).readAll(limit: 4096) else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\n" })
        // A previous snapshot that never was would look like one that the storage lost, and keep every prune from its work.
        guard fields.count == 4, fields[3] == CacheFolder.checksum(fields[..<3].joined(separator: " ")),
            let id = Identifier(hex: String(fields[0])), let sequence = UInt64(fields[1])
        else { return nil }
        return Writer(id: id, sequence: sequence, previous: Digest(hex: String(fields[2])))
    }

    private static func checksum(_ text: String) -> String { SHA256Hasher.digest(of: Array(text.utf8)).shortHex }

    private func save(_ writer: Writer) throws(VarveError) {
        var text = "\(writer.id.hex) \(writer.sequence) \(writer.previous?.hex ?? "-")"
        text += " \(CacheFolder.checksum(text))\n"
        try reportingErrors(as: .local) { () throws(SystemError) in
            try DurableWrite.create(path: writerPath, Array(text.utf8), temporaryFolder: temporary, replacing: true)
        }
    }
}
