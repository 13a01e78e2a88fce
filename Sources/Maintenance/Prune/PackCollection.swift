import Backends
import Primitives
import Repositories
import Snapshots
import Threads

/// Condemns packs, waits for whom may use them, copies what is needed of them, and deletes them. Every step can be repeated by another.
struct PackCollection {
    let repository: Repository
    let session: Identifier
    let survey: PruneSurvey
    /// Snapshots that were seen.
    let known: Set<Digest>
    /// The moment of the monotonic clock at which waiting ends, in seconds.
    let deadline: Double
    /// Whether deltas of which a part is needed are copied whole, where that pays.
    let keepsPartialDeltas: Bool
    let width: Int
    let cancellation: Cancellation
    let progress: Locked<PruneProgress>

    /// How often is read again what is usable: after each rescue, and where others change the index.
    private static let rounds = 16
    /// So many packs are deleted before it is seen whether to go on.
    private static let deletedTogether = 256

    func collect(
        _ going: CondemnedPacks, goal: DrainWatch.Goal, _ report: inout PruneReport
    ) throws(VarveError) {
        let anchors = try condemn(going, goal: goal)
        progress.withLock { $0.phase = .waiting }
        let drain = Drain(repository: repository, deadline: deadline, cancellation: cancellation) { count in
            progress.withLock { $0.sessions = count }
        }
        report.endedSessions += try drain.wait(for: anchors, goal: goal)
        let snapshots = try settleSessions(writersOf: going.packs)
        // What was marked stays so: a snapshot that went meanwhile makes some chunks stay until the next prune.
        var marked = Set(survey.snapshots.all.filter { !survey.index.voidSessions.contains($0.session) }.map(\.id))
        var doubted: Set<ObjectName>?
        for _ in 0..<PackCollection.rounds {
            try cancellation.check()
            do throws(VarveError) {
                let index = try repository.loadIndex()
                let facts = DeletionGuard.Facts(index, snapshots, known: known)
                if let objection = DeletionGuard(facts).objection { throw objection }
                try markLater(snapshots, &marked, index)
                let needs = try RescueNeeds(
                    going.packs, index: index, liveness: survey.liveness, repository: repository)
                if needs.packs.isEmpty { return try remove(going.packs, needs, index, snapshots, &report) }
                try rescue(needs, index, &report)
            } catch  where error.kind == .notFound {
                // Another prune removed it since it was read: begin again.
                continue
            } catch  where error.kind == .damaged && !cancellation.isCancelled {
                // It may look so while others change what is read. Where the same objects are there twice, it is meant.
                let names = try repository.namesOfRecord()
                if names == doubted { throw error }
                doubted = names
            }
        }
        throw VarveError(
            .busy, "the repository keeps changing", advice: "run it again later: it goes on where it stopped",
            isRetryable: true)
    }

    /// Puts the condemn record, then lists the anchors and puts the drain record; gives whom to wait for.
    private func condemn(
        _ going: CondemnedPacks, goal: DrainWatch.Goal
    ) throws(VarveError) -> Set<IndexRecord.AnchorName> {
        if !going.uncondemned.isEmpty {
            try repository.putRecord(.condemn(going.uncondemned.sorted()), session: session)
        }
        guard !going.undrained.isEmpty || going.isEmpty else { return going.recordedAnchors }
        var sessions = SessionsAtWork(in: repository)
        let anchors = try sessions.look().anchors
        try repository.putRecord(.drain(packs: going.undrained.sorted(), anchors: anchors), session: session)
        return going.recordedAnchors.union(anchors)
    }

    /// Lists snapshots, now that those waited for are over, and puts a void record for the sessions that left none: those waited for, and
    /// those that wrote what is going.
    private func settleSessions(writersOf packs: Set<Digest>) throws(VarveError) -> PruneSurvey.SnapshotListing {
        // In this order: drain records, anchors, snapshots. Each names more than what comes later can take back.
        let index = try repository.loadIndexRecords()
        let anchors = Set(try repository.backend.list(.locks).map(\.id))
        let snapshots = try PruneSurvey.SnapshotListing(in: repository)
        if let error = index.unreadable.first ?? snapshots.unreadable.first {
            throw VarveError(.damaged, "nothing is deleted: \(error.problem)", advice: "run `varve check`")
        }
        let sessions = SessionVoiding.sessions(
            drains: index.drains, writers: try writers(of: packs), anchors: anchors, snapshots: snapshots.sessions,
            void: index.voidSessions)
        if sessions.isEmpty { return snapshots }
        // A snapshot that a listing hides must not become void: the forget records are read after it.
        let facts = DeletionGuard.Facts(try repository.loadIndex(), snapshots, known: known)
        if let objection = DeletionGuard(facts).objection { throw objection }
        try repository.putRecord(.void(sessions), session: session)
        return snapshots
    }

    /// The sessions that wrote packs, as far as their headers are known.
    private func writers(of packs: Set<Digest>) throws(VarveError) -> Set<Identifier> {
        var sessions: Set<Identifier> = []
        for pack in survey.index.chunks.packs where packs.contains(pack.id) {
            sessions.insert(try ObjectHeader(decoding: pack.header[...], of: "\(ObjectName(.data, pack.id))").session)
        }
        return sessions
    }

    /// Marks what snapshots reach that came since the survey.
    private func markLater(
        _ snapshots: PruneSurvey.SnapshotListing, _ marked: inout Set<Digest>, _ index: LoadedIndex
    ) throws(VarveError) {
        progress.withLock { $0.phase = .marking }
        var walk = LiveWalk(
            liveness: survey.liveness,
            reader: TreeReader(SegmentReader(repository: repository, index: index.chunks)),
            isThere: { id in
                index.chunks.allLocations(of: id).contains { index.isPresent(index.chunks.pack($0.pack)) }
            }, cancellation: cancellation, progress: { progress.withLock { $0.nodes += 1 } })
        for snapshot in snapshots.all
        where !index.voidSessions.contains(snapshot.session) && !marked.contains(snapshot.id) {
            try walk.mark(snapshot)
            marked.insert(snapshot.id)
        }
    }

    private func rescue(
        _ needs: RescueNeeds, _ index: LoadedIndex, _ report: inout PruneReport
    ) throws(VarveError) {
        let bytes = needs.packs.reduce(0) { $0 + (index.listing[$1] ?? 0) }
        progress.withLock { progress in
            progress.phase = .copying
            progress.bytesToCopy = progress.copiedBytes + bytes
        }
        var rescue = try Rescue(
            needs, index: index, in: repository, session: session, keepsPartialDeltas: keepsPartialDeltas,
            width: width, cancellation: cancellation
        ) { bytes in progress.withLock { $0.copiedBytes += bytes } }
        let stored = try rescue.run()
        report.writtenPacks += stored.packs
        report.writtenBytes += stored.storedBytes
    }

    /// Removes packs of which nothing is needed any more.
    private func remove(
        _ packs: Set<Digest>, _ needs: RescueNeeds, _ index: LoadedIndex, _ snapshots: PruneSurvey.SnapshotListing,
        _ report: inout PruneReport
    ) throws(VarveError) {
        for error in needs.unreadable {
            repository.environment.warn("a condemned pack stays, since it cannot be judged: \(error.problem)")
        }
        report.unreadablePacks = needs.unreadablePacks.count
        try tidy(index, snapshots, victims: packs.subtracting(needs.unreadablePacks), &report)
    }

    /// Deletes what goes, in the order that is the reverse of writing: snapshots, index, packs.
    ///
    /// - Parameters:
    ///   - index: what was read last.
    ///   - victims: packs of which nothing is needed.
    /// - Throws: kind `notFound` where the index has changed since.
    func tidy(
        _ index: LoadedIndex, _ snapshots: PruneSurvey.SnapshotListing, victims: Set<Digest>,
        _ report: inout PruneReport
    ) throws(VarveError) {
        progress.withLock { $0.phase = .deleting }
        try deleteVoid(snapshots, index, &report)
        let replacement = try IndexReplacement(
            repository: repository, session: session, index: index, victims: victims
        ).run()
        report.replacedIndexObjects += replacement.deleted
        // What still stands in the index stays, and is tried again by the next prune.
        let kept = try deletePacks(victims, keeping: replacement.keptVictims, index, &report)
        try RecordMerge(repository: repository, session: session, index: index).run()
        try dropFinishedDrains(index, snapshots, victims: victims.subtracting(kept))
        try dropLostHeartbeats()
    }

    /// Gives what is still there: what was to be kept, and what the storage keeps.
    private func deletePacks(
        _ victims: Set<Digest>, keeping first: Set<Digest>, _ index: LoadedIndex, _ report: inout PruneReport
    ) throws(VarveError) -> Set<Digest> {
        var kept = first
        let going = victims.filter { index.listing[$0] != nil && !kept.contains($0) }.sorted()
        for start in stride(from: 0, to: going.count, by: PackCollection.deletedTogether) {
            try cancellation.check()
            let names = going[start..<min(start + PackCollection.deletedTogether, going.count)]
                .map { ObjectName(.data, $0) }
            let failures = repository.backend.delete(names)
            let failed = Set(failures.map(\.name))
            for name in names where !failed.contains(name) {
                report.deletedPacks += 1
                report.deletedBytes += index.listing[name.id] ?? 0
            }
            if let failure = failures.first(where: { $0.error.kind != .retained }) { throw failure.error }
            kept.formUnion(failed.map(\.id))
        }
        report.retainedPacks += kept.count
        report.retainedBytes += kept.reduce(0) { $0 + (index.listing[$1] ?? 0) }
        return kept
    }

    /// Deletes the signs of life of sessions that have no anchor any more: they died, or were judged dead.
    private func dropLostHeartbeats() throws(VarveError) {
        var sessions = SessionsAtWork(in: repository)
        let sight = try sessions.look().sight
        // An anchor is there before its first heartbeat, and goes after the last.
        let lost = sight.heartbeats.filter { !sight.names.contains($0.key) }.values.joined()
        try repository.backend.deleteAll(lost.sorted().map { ObjectName(.locks, $0) })
    }

    /// Deletes snapshots of void sessions, after a forget record that explains why they are missing.
    private func deleteVoid(
        _ snapshots: PruneSurvey.SnapshotListing, _ index: LoadedIndex, _ report: inout PruneReport
    ) throws(VarveError) {
        let void = snapshots.all.filter { index.voidSessions.contains($0.session) }.sorted { $0.id < $1.id }
        let recorded = Set(index.forgotten.map(\.name))
        let unrecorded = void.filter { !recorded.contains($0.id) }.map { $0.forgotten(forGood: false) }
        if !unrecorded.isEmpty { try repository.putRecord(.forget(unrecorded), session: session) }
        let kept = try repository.backend.deleteAll(void.map { ObjectName(.snapshots, $0.id) })
        report.deletedSnapshots.formUnion(Set(void.map(\.id)).subtracting(kept.map(\.id)))
    }

    private func dropFinishedDrains(
        _ index: LoadedIndex, _ snapshots: PruneSurvey.SnapshotListing, victims: Set<Digest>
    ) throws(VarveError) {
        if index.drains.isEmpty { return }
        let anchors = Set(try repository.backend.list(.locks).map(\.id))
        let finished = SessionVoiding.finishedDrains(
            index.drains,
            isKnown: { !victims.contains($0) && (index.listing[$0] != nil || index.chunks.contains(pack: $0)) },
            anchors: anchors, snapshots: snapshots.sessions, void: index.voidSessions)
        try repository.backend.deleteAll(finished.map { ObjectName(.index, $0) })
    }
}
