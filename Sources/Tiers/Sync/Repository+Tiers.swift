import Primitives
import Repositories
import Snapshots

extension Repository {
    /// Whether packs can travel between the two as they are: same keys, same chunks.
    package func isFamily(of other: Repository) -> Bool {
        configuration.repository == other.configuration.repository
            && configuration.chunker == other.configuration.chunker
            && configuration.isEncrypted == other.configuration.isEncrypted
    }

    /// - Throws: kind `usage` where the other is the same place.
    package func checkIsAnother(_ other: Repository) throws(VarveError) {
        guard configuration.location == other.configuration.location else { return }
        throw VarveError(
            .usage, "\(backend.location) and \(other.backend.location) are one and the same repository",
            advice: "name another one; `varve init --copy-parameters-from` makes a second tier")
    }

    /// Which snapshots stand here, and which were removed on purpose.
    ///
    /// - Parameter unacknowledged: snapshots that do not count, though no record says so yet.
    /// - Throws: kind `damaged` where a part of the index cannot be read: it may be what says so.
    func syncDestination(
        _ index: LoadedIndex, without unacknowledged: Set<Digest> = []
    ) throws(VarveError) -> SyncSelection.Destination {
        if let error = index.unreadable.first {
            throw VarveError(
                error.kind,
                "nothing is copied to \(backend.location) while its index cannot be read whole: \(error.problem)",
                advice: "run `varve check` there, then `varve repair index`")
        }
        let snapshots = try loadSnapshots(voidSessions: index.voidSessions).filter { !unacknowledged.contains($0.id) }
        return SyncSelection.Destination(
            origins: Set(snapshots.map(\.origin)), forgotten: Set(index.forgotten.compactMap(\.original)))
    }
}
