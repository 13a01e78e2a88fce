import Backends
import Hashing
import Primitives
import Sealing

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

    package init(
        of repository: Identifier, in backend: any Backend, warn: @escaping @Sendable (String) -> Void
    ) throws(VarveError) {
        self.repository = repository
        self.warn = warn
        for listed in try backend.list(.keys).sorted(by: { $0.id < $1.id }) {
            let name = ObjectName(.keys, listed.id)
            do throws(VarveError) {
                try add(name, try backend.read(name))
            } catch  where error.kind == .notFound {
                continue
            } catch  where error.kind == .damaged || error.kind == .unsupported {
                damaged.append(error)
                warn("\(error.problem)")
            }
        }
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
        // One that does not open may have been put there by anybody: what the others hold is good all the same.
        func open<Object>(_ body: () throws(VarveError) -> Object) -> Object? {
            do throws(VarveError) {
                return try body()
            } catch {
                warn(error.problem)
                failures.append(error)
                return nil
            }
        }
        let opened = keyrings.compactMap { name, bytes in
            open { () throws(VarveError) in
                try Keyring(opening: bytes, rootKey: rootKey, repository: repository, object: "\(name)")
            }
        }
        if opened.isEmpty { throw failures.first ?? .damaged("keys/", "there is no keyring") }
        let digest = SHA256Hasher.digest(of: configurationBytes)
        let isConfirmed = locations.contains { name, bytes in
            let location = open { () throws(VarveError) in
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

/// What `key list`, `key add`, `key remove` and `key passwd` do.
extension Repository {
    private func requireRootKey() throws(VarveError) -> SecretBytes {
        guard let rootKey = keys.rootKey else {
            throw VarveError(.usage, "the repository is not encrypted: it has no keys")
        }
        return rootKey
    }

    private func keyObjects() throws(VarveError) -> KeyObjects {
        try KeyObjects(of: configuration.repository, in: backend, warn: environment.warn)
    }

    /// The key slots, oldest first.
    package func listKeySlots() throws(VarveError) -> [(name: ObjectName, description: KeySlotDescription)] {
        try keyObjects().descriptions(rootKey: try requireRootKey())
            .sorted { ($0.description.created, $0.name.id) < ($1.description.created, $1.name.id) }
    }

    /// The slot that a password opens, `nil` where it opens none.
    package func keySlot(openedBy password: SecretBytes) throws(VarveError) -> ObjectName? {
        do throws(VarveError) {
            return try keyObjects().rootKey(password: password).slot
        } catch  where error.kind == .wrongPassword {
            return nil
        }
    }

    /// Adds a slot for another password; the ones before keep working.
    package func addKeySlot(password: SecretBytes, label: String) throws(VarveError) -> ObjectName {
        let slot = try KeySlot(
            password: password, rootKey: try requireRootKey(),
            description: KeySlotDescription(
                label: label, created: environment.clock.now().rfc3339, host: environment.host,
                user: environment.user),
            repository: configuration.repository, session: Identifier(from: environment.random),
            parameters: environment.passwordParameters, random: environment.random)
        let bytes = slot.encoded
        let name = ObjectName(.keys, SHA256Hasher.digest(of: bytes))
        try backend.put(name, bytes)
        return name
    }

    /// Removes the slot whose name begins with `prefix`. The last one is not removed: nothing could be read any more.
    package func removeKeySlot(prefix: String) throws(VarveError) -> ObjectName {
        let slots = try listKeySlots()
        let matches = slots.filter { $0.name.id.hex.hasPrefix(prefix.lowercased()) }
        guard !prefix.isEmpty, let match = matches.first else {
            throw VarveError(.notFound, "there is no key slot \(prefix)", advice: "`varve key list` shows them")
        }
        guard matches.count == 1 else {
            throw VarveError(
                .usage, "\(prefix) begins the names of \(matches.count) key slots", advice: "give more digits")
        }
        guard slots.count > 1 else {
            throw VarveError(
                .usage, "\(prefix) is the last key slot: without it nobody could read the repository",
                advice: "add another one first")
        }
        try backend.delete(match.name)
        return match.name
    }
}
