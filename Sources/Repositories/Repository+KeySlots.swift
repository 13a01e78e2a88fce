import Backends
import Hashing
import Primitives
import Sealing

/// The passwords: what `key list`, `key add`, `key remove` and `key passwd` do.
extension Repository {
    /// - Throws: kind `usage` where the repository is not encrypted.
    func requireRootKey() throws(VarveError) -> SecretBytes {
        guard let rootKey = keys.rootKey else {
            throw VarveError(.usage, "the repository is not encrypted: it has no keys")
        }
        return rootKey
    }

    /// What stands in `keys/` now.
    func keyObjects() throws(VarveError) -> KeyObjects {
        try KeyObjects(of: configuration.repository, in: backend, cache: cache, warn: environment.warn)
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
