import Backends
import Primitives
import Threads

/// What a session is at one of the repositories that it writes to: an anchor, what is usable there, a snapshot of its own.
///
/// Most sessions have one. All tiers of a session have its id, since packs, which go to all of them as they are, name it.
package final class SessionTier: Sendable {
    package let repository: Repository
    package let index: LoadedIndex
    package let reader: SegmentReader
    package let session: Identifier
    private let presence: SessionPresence
    private let state = Locked<(failure: VarveError?, isClosed: Bool)>((nil, false))

    /// Puts the anchor, reads what is usable, and adopts the packs of killed sessions.
    init(_ repository: Repository, session: Identifier, command: String) throws(VarveError) {
        self.repository = repository
        self.session = session
        try repository.backend.prepareForWriting()
        presence = try SessionPresence(in: repository, session: session, command: command)
        do throws(VarveError) {
            index = try repository.loadIndex()
            if index.unreadable.isEmpty {
                try repository.adoptPacks(into: index, session: session)
            } else {
                repository.environment.warn(
                    "the index cannot be read whole: this run stores everything anew; run `varve check`")
                index.chunks.setUsable(damagedSegments: []) { _ in false }
            }
            let packs = index.listing
            repository.packCache?.dropAll { packs[$0] != nil }
        } catch {
            presence.end()
            throw error
        }
        reader = SegmentReader(repository: repository, index: index.chunks, cacheLimit: 16 << 20)
    }

    /// Why the session goes on without this repository.
    package var failure: VarveError? { state.withLock { $0.failure } }
    package var isUp: Bool { failure == nil }

    /// Leaves the repository out from now on; the first reason counts.
    package func fail(_ error: VarveError) {
        let isFirst = state.withLock { state in
            defer { state.failure = state.failure ?? error }
            return state.failure == nil
        }
        if isFirst {
            repository.environment.warn("\(repository.backend.location) is left out from now on: \(error.problem)")
        }
    }

    /// Puts a snapshot and says whether it is acknowledged: whether the session's anchor is still in a listing, and no record calls it void.
    ///
    /// - Parameter plain: the JSON of the snapshot.
    package func putSnapshot(_ plain: [UInt8]) throws(VarveError) -> (name: ObjectName, isAcknowledged: Bool) {
        let name = try repository.writeObject(
            plain, type: .snapshot, in: .snapshots, session: session, keepingCopy: true)
        guard try presence.isListed() else { return (name, false) }
        // A storage that undoes deletions brings an anchor back; a record is put, not deleted.
        return (name, try !repository.isVoid(session, besides: index.objects))
    }

    /// Ends the session here.
    package func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if isFirst { presence.end() }
    }
}
