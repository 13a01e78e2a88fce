import Backends
import Primitives
import Repositories

/// Copies the keyrings that another place of the family lacks, as they are (`format-spec/keys.md`, "Keyring").
struct KeyringTransfer {
    let source: Repository
    let destination: Repository

    /// Does it; gives how many there were. One that is damaged is passed over.
    func run() throws(VarveError) -> Int {
        guard source.configuration.isEncrypted else { return 0 }
        let present = Set(try destination.backend.list(.keys).map(\.id))
        var count = 0
        for listed in try source.backend.list(.keys).sorted(by: { $0.id < $1.id }) where !present.contains(listed.id) {
            let name = ObjectName(.keys, listed.id)
            do throws(VarveError) {
                guard let bytes = try source.readKeyring(name) else { continue }
                try destination.backend.put(name, bytes)
                count += 1
            } catch  where error.kind == .notFound || error.kind == .damaged || error.kind == .unsupported {
                source.environment.warn(error.problem)
            }
        }
        return count
    }
}
