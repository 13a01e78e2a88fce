import Backends
import FileIO
import Primitives
import Threads

/// Hands finished packs to the publishers of all repositories that a session writes to.
final class PackDistribution: Sendable {
    private struct Outlet {
        let tier: SessionTier
        let publisher: PackPublisher
    }

    /// The only publisher; `nil` where there are outlets.
    private let publisher: PackPublisher?
    private let outlets: [Outlet]
    private let figures: Locked<StoredFigures>

    /// For one repository.
    init(repository: Repository, session: Identifier, index: LoadedIndex, figures: Locked<StoredFigures>) {
        publisher = PackPublisher(
            repository: repository, session: session, index: index, packCache: repository.packCache, figures: figures)
        outlets = []
        self.figures = figures
    }

    /// For several: each pack counts once. The first is the one that is read from.
    init(_ tiers: [SessionTier], session: Identifier, figures: Locked<StoredFigures>) {
        publisher = nil
        outlets = tiers.enumerated().map { number, tier in
            Outlet(
                tier: tier,
                publisher: PackPublisher(
                    repository: tier.repository, session: session, index: tier.index,
                    packCache: number == 0 ? tier.repository.packCache : nil, figures: Locked(StoredFigures())))
        }
        self.figures = figures
    }

    /// Hands over a finished pack; waits while too many are on their way to any of the repositories.
    ///
    /// - Throws: where none of them takes it.
    func publish(_ pack: OpenPack.Finished) throws(VarveError) {
        if let publisher { return try publisher.publish(pack) }
        try forEachUp { outlet throws(VarveError) in
            try outlet.tier.repository.learnMasterKey(sealing: pack.record.header, of: outlets[0].tier.repository)
            try outlet.publisher.publish(try copy(pack, for: outlet.tier.repository))
        }
        figures.withLock { figures in
            figures.packs += 1
            figures.storedBytes += pack.record.size
        }
    }

    /// Waits until all packs are put and stand in index objects.
    func finish() throws(VarveError) {
        if let publisher { return try publisher.finish() }
        // Also those that are left out have threads to be ended.
        for outlet in outlets {
            do throws(VarveError) { try outlet.publisher.finish() } catch { outlet.tier.fail(error) }
        }
        try forEachUp { _ throws(VarveError) in }
    }

    private func forEachUp(_ body: (Outlet) throws(VarveError) -> Void) throws(VarveError) {
        for outlet in outlets where outlet.tier.isUp {
            do throws(VarveError) { try body(outlet) } catch { outlet.tier.fail(error) }
        }
        guard !outlets.contains(where: \.tier.isUp) else { return }
        throw outlets.compactMap(\.tier.failure).first
            ?? VarveError(.storage, "there is no repository left to write to")
    }

    /// The pack in a file of its own: each repository uses up its file, and none shall share its bytes on a disk with another.
    private func copy(
        _ pack: OpenPack.Finished, for repository: Repository
    ) throws(VarveError) -> OpenPack.Finished {
        let folder = repository.backend.temporaryFolder ?? repository.cache.temporary
        let file = try reportingErrors(as: .local) { () throws(SystemError) in try pack.file.copy(in: folder) }
        return OpenPack.Finished(record: pack.record, file: file, rawBytes: pack.rawBytes)
    }
}
