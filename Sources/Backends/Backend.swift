import FileIO
import Primitives
import Threads

/// A directory of a repository (`format-spec/layout.md`).
package enum StorageFolder: String, Sendable, CaseIterable {
    case data, index, snapshots, keys, locks

    /// The largest object that the format allows there, in bytes.
    package var objectSizeLimit: Int {
        switch self {
        case .data: 1 << 30
        case .index: 1 << 28
        case .snapshots: 1 << 24
        case .keys: 1 << 20
        case .locks: 1 << 16
        }
    }
}

/// The name of an object: its directory and the SHA-256 of its bytes.
package struct ObjectName: Hashable, Sendable, CustomStringConvertible {
    package let folder: StorageFolder
    package let id: Digest

    package init(_ folder: StorageFolder, _ id: Digest) {
        self.folder = folder
        self.id = id
    }

    /// "index/3f2a…", with all 64 digits.
    package var description: String { "\(folder.rawValue)/\(id.hex)" }
}

/// What a listing says of an object.
package struct ListedObject: Hashable, Sendable {
    package let id: Digest
    /// In bytes.
    package let size: UInt64

    package init(id: Digest, size: UInt64) {
        self.id = id
        self.size = size
    }
}

/// An object that could not be deleted, and why.
package struct FailedDeletion: Sendable {
    package let name: ObjectName
    package let error: VarveError

    package init(name: ObjectName, error: VarveError) {
        self.name = name
        self.error = error
    }
}

/// A place that stores named objects, each written once and whole.
///
/// What every implementation promises, and the conformance suite checks:
/// - When a `put` returns, the object is durable, and every later listing and read on any machine shows it.
/// - An object is either there whole or not there: no reader ever sees a part of one that is being written.
/// - A `put` under a name that exists succeeds; the bytes are the same, since the name is their hash.
/// - Errors are `VarveError` of kind `storage`, or `notFound` where the object does not exist.
/// - All methods may be called from several threads at once.
package protocol Backend: Sendable {
    /// The place, for messages; without secrets.
    var location: String { get }

    /// Where packs should grow, if the backend has such a folder: then putting them costs a rename.
    var temporaryFolder: BytePath? { get }

    /// How many operations at once are worth while; more are allowed.
    var concurrency: Int { get }

    /// After so many seconds at most a listing shows what was put or deleted before; 0 where it does at once.
    var visibilityDelay: Double { get }

    /// What went over the network since this backend was made; `nil` where there is none.
    var traffic: Traffic? { get }

    /// Ends what the backend has running: connections, processes. Nothing may be asked of it afterwards.
    func close()

    /// The bytes of `config`, `nil` where there is none.
    ///
    /// - Throws: kind `damaged` where it has more than 65,536 bytes.
    func readConfiguration() throws(VarveError) -> [UInt8]?

    /// Makes the place ready for the first object: folders and the like.
    func createLayout() throws(VarveError)

    /// Writes `config`.
    ///
    /// - Throws: kind `repositoryExists` where there is one.
    func writeConfiguration(_ bytes: [UInt8]) throws(VarveError)

    /// Called once before the first `put` of a session: clears away what killed writers left under temporary names.
    func prepareForWriting() throws(VarveError)

    func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError)

    /// Puts the whole content of a file, which is used up by that.
    func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError)

    /// Reads a whole object.
    ///
    /// - Throws: kind `damaged` where it is larger than its folder allows.
    func read(_ name: ObjectName) throws(VarveError) -> [UInt8]

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// - Throws: kind `damaged` where the object ends before.
    func read(_ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(VarveError)

    /// Gives every object of a folder to `body`, in no particular order. Names that are not ours are left out.
    func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError)

    /// Deletes an object; one that is not there is no error.
    ///
    /// - Throws: kind `retained` where the storage keeps the object for now: an object lock, a server that only adds.
    func delete(_ name: ObjectName) throws(VarveError)

    /// Deletes objects in any order; all that are not among the failures are gone for good when it returns.
    ///
    /// - Returns: those that could not be deleted, with errors as ``delete(_:)-(ObjectName)`` throws them.
    func delete(_ names: [ObjectName]) -> [FailedDeletion]

    /// Takes an object out of the repository and keeps its bytes, under its name with `.damaged` behind it (`format-spec/layout.md`).
    ///
    /// - Throws: kind `notFound`; kind `storage` also where the storage knows no such thing.
    func setAside(_ name: ObjectName) throws(VarveError)
}

/// The most bytes that `config` may have.
package let configurationSizeLimit = 1 << 16

extension Backend {
    package var concurrency: Int { 1 }
    package var visibilityDelay: Double { 0 }
    package var traffic: Traffic? { nil }
    package func close() {}

    /// Whether each request takes so long that fewer and larger ones, and several at once, are worth while.
    package var isDistant: Bool { concurrency > 1 }

    package func delete(_ names: [ObjectName]) -> [FailedDeletion] {
        var failures: [FailedDeletion] = []
        // What takes the results throws nothing, so nothing is thrown.
        try? ParallelMap(width: concurrency).run(names) { [self] name throws(VarveError) in
            try delete(name)
        } _: { name, result throws(VarveError) in
            if case .failure(let error) = result { failures.append(FailedDeletion(name: name, error: error)) }
        }
        return failures
    }

    /// Deletes objects in any order. What the storage keeps for now is passed over.
    ///
    /// - Returns: what it keeps.
    /// - Throws: what went wrong with the first that could not be deleted for another reason; the others are gone even so.
    @discardableResult
    package func deleteAll(_ names: [ObjectName]) throws(VarveError) -> Set<ObjectName> {
        let failures = delete(names)
        if let failure = failures.first(where: { $0.error.kind != .retained }) { throw failure.error }
        return Set(failures.map(\.name))
    }

    /// All objects of a folder.
    package func list(_ folder: StorageFolder) throws(VarveError) -> [ListedObject] {
        var objects: [ListedObject] = []
        try list(folder) { objects.append($0) }
        return objects
    }

    package func setAside(_ name: ObjectName) throws(VarveError) {
        throw VarveError(
            .storage, "\(location) has no way to set \(name) aside",
            advice: "keep a copy of the object and remove it by the means of the storage")
    }

    /// The error for an object that is not there.
    package func missing(_ name: ObjectName) -> VarveError {
        VarveError(.notFound, "\(name) does not exist in \(location)")
    }

    /// The error for an object that is larger than the format allows.
    package func tooLarge(_ name: ObjectName, _ size: UInt64) -> VarveError {
        .damaged("\(name)", "it has \(size) bytes, more than an object of its kind can have")
    }

    /// The error for a `config` that is larger than the format allows.
    package func configurationTooLarge() -> VarveError {
        .damaged("config in \(location)", "it has more than \(configurationSizeLimit) bytes")
    }

    /// The error for an object that ends too early.
    package func truncated(_ name: ObjectName, _ count: Int, at offset: UInt64) -> VarveError {
        .damaged("\(name)", "it is truncated: it ends before the \(count) bytes that should stand at \(offset)")
    }
}
