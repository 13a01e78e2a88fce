import Backends
import Indexing
import Primitives
import Repositories
import Snapshots
import Threads

/// Fetches what is damaged or missing in a repository from another place of its family.
///
/// New packs and their index come first; only once all that could be had is seen to be usable are damaged packs set aside, by a record
/// (`format-spec/ordering.md`, "Repair"). Nothing is deleted.
package struct HealRun: Sendable {
    private let repository: Repository
    private let other: Repository
    private let width: Int
    private let cancellation: Cancellation
    private let figures = Locked(TransferFigures())

    /// How often the other place is read again, where it changes.
    private static let attempts = 4

    package init(_ repository: Repository, from other: Repository, width: Int, cancellation: Cancellation) {
        self.repository = repository
        self.other = other
        self.width = width
        self.cancellation = cancellation
    }

    /// How far it has come; may be asked from any thread.
    package var currentFigures: TransferFigures { figures.withLock { $0 } }

    /// Does it, or says what it would do.
    ///
    /// - Throws: kind `usage` where the other is not of the family; kind `damaged` where the index here cannot be read whole.
    package func run(isDryRun: Bool) throws(VarveError) -> HealReport {
        try repository.checkIsAnother(other)
        guard repository.isFamily(of: other) else {
            throw VarveError(
                .usage,
                "\(other.backend.location) has other keys or parameters: its packs and chunks are not those of here",
                advice: "`varve sync --from` copies whole snapshots from it")
        }
        return try other.whilePresent(as: "repair") { () throws(VarveError) in
            try isDryRun ? plan() : heal()
        }
    }

    private func transfer(
        _ source: TransferSource, _ index: LoadedIndex, _ reader: SegmentReader
    ) -> ContentTransfer {
        ContentTransfer(
            source: source, destination: index, readers: NodeReaders([reader, source.reader]), figures: figures,
            cancellation: cancellation)
    }

    private func snapshots(_ index: LoadedIndex, _ all: [Snapshot]) -> [Snapshot] {
        all.filter { !index.voidSessions.contains($0.session) }
    }

    private static func checkReadable(_ index: LoadedIndex) throws(VarveError) {
        guard let error = index.unreadable.first else { return }
        throw VarveError(
            .damaged, "the index cannot be read whole: \(error.problem)", advice: "run `varve repair index` first")
    }

    private func plan() throws(VarveError) -> HealReport {
        let all = try repository.loadSnapshots(voidSessions: [])
        let index = try repository.loadIndex(readsUnindexedPacks: true)
        try HealRun.checkReadable(index)
        let source = try TransferSource(other)
        let reader = SegmentReader(repository: repository, index: index.chunks)
        let chosen = snapshots(index, all)
        let comparison = try transfer(source, index, reader).compare(
            chosen, packSize: repository.configuration.packSize)
        var report = HealReport()
        report.plan = comparison.plan
        report.neededChunks = comparison.needs.chunks
        report.flawed = flawed(comparison.unreadable, chosen)
        report.absentSnapshots = try absentSnapshots(index, chosen, source)
        report.figures = currentFigures
        return report
    }

    private func heal() throws(VarveError) -> HealReport {
        var report = HealReport()
        try repository.backend.prepareForWriting()
        report.keyrings = try KeyringTransfer(source: other, destination: repository).run()
        let all = try repository.loadSnapshots(voidSessions: [])
        var source = try TransferSource(other)
        var readings = 0
        while true {
            let session = try WriterSession(
                repository, command: "repair", compression: .default, width: width, cancellation: cancellation)
            do throws(VarveError) {
                try HealRun.checkReadable(session.index)
                let outcome = try copy(source, all, session, &report)
                if outcome.opensMore {
                    session.close()
                    continue
                }
                // A prune at the other place may have moved what was looked for.
                if !outcome.isWhole, readings < HealRun.attempts {
                    readings += 1
                    let fresh = try TransferSource(other)
                    let hasChanged = fresh.index.objects != source.index.objects
                    source = fresh
                    if hasChanged {
                        session.close()
                        continue
                    }
                }
                try settle(all, source, &report)
                session.close()
                break
            } catch {
                session.abandon()
                throw error
            }
        }
        report.figures = currentFigures
        return report
    }

    /// Copies what is needed and not usable here; says whether all of it could be had, and whether more can be had now.
    private func copy(
        _ source: TransferSource, _ all: [Snapshot], _ session: WriterSession, _ report: inout HealReport
    ) throws(VarveError) -> (isWhole: Bool, opensMore: Bool) {
        let transfer = transfer(source, session.index, session.reader)
        let comparison = try transfer.compare(
            snapshots(session.index, all), packSize: repository.configuration.packSize)
        report.neededChunks = max(report.neededChunks, comparison.needs.chunks)
        let outcome = try transfer.copy(comparison, to: session)
        report.lostChunks = outcome.lost.count
        try session.finishStoring()
        let stored = session.figures
        figures.withLock { $0.add(stored) }
        return (outcome.lost.isEmpty && comparison.unreadable.isEmpty, outcome.opensMore)
    }

    /// Looks again at what is usable, and sets packs aside that are missing or have another size than the index says.
    private func settle(
        _ all: [Snapshot], _ source: TransferSource, _ report: inout HealReport
    ) throws(VarveError) {
        figures.withLock { $0.phase = .verifying }
        let index = try repository.loadIndex()
        let chosen = snapshots(index, all)
        let reader = SegmentReader(repository: repository, index: index.chunks)
        var walk = WholenessWalk(
            ChunkMarks(index.chunks), readers: NodeReaders([reader]), cancellation: cancellation,
            isThere: { index.chunks.usableLocation(of: $0) != nil })
        report.flawed = []
        for snapshot in chosen {
            if let error = try walk.flaw(below: snapshot.record.root) {
                report.flawed.append(HealReport.Flawed(snapshot: snapshot, error: error))
            }
        }
        report.setAside = try setAside(index)
        report.absentSnapshots = try absentSnapshots(index, chosen, source)
    }

    private func setAside(_ index: LoadedIndex) throws(VarveError) -> [Digest] {
        let packs = index.chunks.packs.filter { pack in
            index.listing[pack.id] != pack.size && !index.condemned.contains(pack.id) && !index.isDamaged(pack.id)
        }.map(\.id).sorted()
        if packs.isEmpty { return [] }
        try repository.putRecord(.damage(packs.map { IndexRecord.DamagedPart(pack: $0, segment: nil) }))
        return packs
    }

    private func flawed(_ errors: [Digest: VarveError], _ snapshots: [Snapshot]) -> [HealReport.Flawed] {
        snapshots.compactMap { snapshot in
            errors[snapshot.id].map { HealReport.Flawed(snapshot: snapshot, error: $0) }
        }
    }

    private func absentSnapshots(
        _ index: LoadedIndex, _ here: [Snapshot], _ source: TransferSource
    ) throws(VarveError) -> Int {
        let known = Set(here.map(\.origin)).union(index.forgotten.compactMap(\.original))
        let there = try other.loadSnapshots(voidSessions: source.index.voidSessions)
        return Set(there.map(\.origin)).subtracting(known).count
    }
}
