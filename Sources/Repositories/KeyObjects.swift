import Backends
import Hashing
import Primitives
import Sealing
import Threads

/// The objects of `keys/` that belong to one repository, read and checked against their names (`format-spec/keys.md`).
package struct KeyObjects: Sendable {
    /// The key slots, by name.
    package private(set) var slots: [(name: ObjectName, slot: KeySlot)] = []
    private var keyrings: [(name: ObjectName, bytes: [UInt8])] = []
    private var locations: [(name: ObjectName, bytes: [UInt8])] = []
    private var damaged: [VarveError] = []
    private let repository: Identifier
    private let warn: @Sendable (String) -> Void

    /// More slots than this are not tried: each costs a quarter of a second or more.
    private static let slotLimit = 64

    /// - Parameter cache: keeps the objects as they are, sealed, where each request takes its time. What is not listed any more
    ///   does not count, whatever the cache holds.
    package init(
        of repository: Identifier, in backend: any Backend, cache: CacheFolder,
        warn: @escaping @Sendable (String) -> Void
    ) throws(VarveError) {
        self.repository = repository
        self.warn = warn
        let names = try backend.list(.keys).map { ObjectName(.keys, $0.id) }.sorted { $0.id < $1.id }
        let isCached = backend.isDistant
        try ParallelMap(width: backend.concurrency).run(names) { name throws(VarveError) in
            isCached ? try backend.read(name, through: cache) : try backend.read(name)
        } _: { name, bytes throws(VarveError) in
            do throws(VarveError) {
                try add(name, try bytes.get())
            } catch  where error.kind == .notFound {
                return
            } catch  where error.kind == .damaged || error.kind == .unsupported {
                damaged.append(error)
                warn("\(error.problem)")
            }
        }
        if isCached { cache.dropObjects(in: .keys, except: Set(names.map(\.id))) }
    }

    private mutating func add(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        try Repository.checkName(name, bytes)
        let header = try ObjectHeader(decoding: bytes[...], of: "\(name)")
        // Left by an `init` that was broken off.
        guard header.repository == repository else { return }
        switch header.type {
        case .keySlot: slots.append((name, try KeySlot(decoding: bytes, of: "\(name)")))
        case .keyring: keyrings.append((name, bytes))
        case .location: locations.append((name, bytes))
        default: throw .damaged("\(name)", "type \(header.type) does not belong into keys/")
        }
    }

    /// The root key, from the first slot that opens with the password, and the name of that slot.
    ///
    /// A slot that cannot be tried, because it is damaged or asks for more memory than there is, keeps no other from being tried.
    /// - Throws: kind `wrongPassword`, `damaged` where every slot is, or `local` where there is not enough memory.
    package func rootKey(password: SecretBytes) throws(VarveError) -> (key: SecretBytes, slot: ObjectName) {
        var shortage: VarveError?
        for (name, slot) in slots.prefix(KeyObjects.slotLimit) {
            do throws(VarveError) {
                if let key = try slot.rootKey(password: password, object: "\(name)") { return (key, name) }
            } catch {
                warn(error.kind == .damaged ? error.problem : "\(name): \(error.problem)")
                if error.kind == .local { shortage = error }
            }
        }
        if let shortage { throw shortage }
        if slots.isEmpty, let first = damaged.first { throw first }
        throw VarveError(
            .wrongPassword, slots.isEmpty ? "the repository has no key slot" : "the password opens no key slot",
            advice: damaged.isEmpty
                ? "check the password and that this is the repository you mean"
                : "check the password; \(damaged.count) objects of keys/ are damaged as well: \(damaged[0].problem)")
    }

    /// All keys, once the root key is known and `config` is what it was when the repository was made.
    package func keys(
        rootKey: SecretBytes, configuration: RepositoryConfiguration, configurationBytes: [UInt8]
    ) throws(VarveError) -> RepositoryKeys {
        var failures = damaged
        let opened = keyrings(rootKey: rootKey, failures: &failures)
        if opened.isEmpty { throw failures.first ?? .damaged("keys/", "there is no keyring") }
        let digest = SHA256Hasher.digest(of: configurationBytes)
        let isConfirmed = locations.contains { name, bytes in
            let location = open(&failures) { () throws(VarveError) in
                try LocationObject(opening: bytes, rootKey: rootKey, repository: repository, object: "\(name)")
            }
            return location?.location == configuration.location && location?.configDigest == digest
        }
        guard isConfirmed else {
            throw VarveError(
                .damaged, "config: no object of keys/ says that it is what it was when the repository was made",
                advice: failures.first.map { "this may be why: \($0.problem)" }
                    ?? "somebody changed it, or objects of keys/ are missing: put back what was there")
        }
        return RepositoryKeys(repository: repository, rootKey: rootKey, keyring: try Keyring.union(of: opened))
    }

    /// The keyrings that open.
    package func keyrings(rootKey: SecretBytes) -> [Keyring] {
        var failures: [VarveError] = []
        return keyrings(rootKey: rootKey, failures: &failures)
    }

    private func keyrings(rootKey: SecretBytes, failures: inout [VarveError]) -> [Keyring] {
        keyrings.compactMap { name, bytes in
            open(&failures) { () throws(VarveError) in
                try Keyring(opening: bytes, rootKey: rootKey, repository: repository, object: "\(name)")
            }
        }
    }

    /// Opens an object. One that does not open may have been put there by anybody: what the others hold is good all the same.
    private func open<Object>(_ failures: inout [VarveError], _ body: () throws(VarveError) -> Object) -> Object? {
        do throws(VarveError) {
            return try body()
        } catch {
            warn(error.problem)
            failures.append(error)
            return nil
        }
    }

    /// Names and descriptions of the slots, readable with the root key.
    package func descriptions(rootKey: SecretBytes) -> [(name: ObjectName, description: KeySlotDescription)] {
        slots.compactMap { name, slot in
            guard let description = try? slot.description(rootKey: rootKey, object: "\(name)") else {
                warn("\(name) is a key slot of another repository; it opens nothing here")
                return nil
            }
            return (name, description)
        }
    }
}
