import Backends
import Repositories

extension TestRepository {
    /// What the hardest prune does: takes away every anchor, and condemns every pack.
    ///
    /// - Parameter backend: where the repository is stored, past all faults.
    package func endSessionsAndCondemnAll(in backend: MemoryBackend) {
        for anchor in (try? backend.list(.locks)) ?? [] { backend.delete(ObjectName(.locks, anchor.id)) }
        let packs = ((try? backend.list(.data)) ?? []).map(\.id).sorted()
        try? repository.putRecord(.condemn(packs), session: .zero)
    }
}
