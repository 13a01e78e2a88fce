import Backends
import Primitives
import Repositories
import Snapshots
import Threads

/// Looks whether everything that a repository says is there, is there, and with `readsData` whether every byte is right.
///
/// The repository should be opened without a cache, so that what is read comes from the storage.
package struct CheckRun: Sendable {
    private let repository: Repository
    private let readsData: Bool
    private let subset: DataSubset
    private let recordsDamage: Bool
    private let memory: CacheFolder?
    private let width: Int
    private let cancellation: Cancellation
    private let report = Locked(CheckReport())

    /// - Parameters:
    ///   - subset: which packs are read with `readsData`.
    ///   - recordsDamage: whether damage that is found is written down in the repository.
    ///   - memory: this machine's cache, which remembers what was verified and which snapshots were seen; it is asked for nothing else.
    package init(
        _ repository: Repository, readsData: Bool, subset: DataSubset = .all, recordsDamage: Bool = true,
        memory: CacheFolder? = nil, width: Int, cancellation: Cancellation
    ) {
        self.repository = repository
        self.readsData = readsData
        self.subset = subset
        self.recordsDamage = recordsDamage
        self.memory = memory
        self.width = width
        self.cancellation = cancellation
    }

    /// What was looked at so far; may be asked from any thread.
    package var currentReport: CheckReport { report.withLock { $0 } }

    /// Does it.
    ///
    /// - Throws: where the storage fails; damage is in the report.
    package func run() throws(VarveError) -> CheckReport {
        try checkSmallObjects()
        // Before the index, which then holds all that these snapshots need.
        let snapshots = try repository.loadSnapshots(voidSessions: []) { error in
            report.withLock { $0.add(error) }
        }
        let index = try repository.loadIndexForJudging()
        report.withLock { report in
            report.indexObjects = index.objects.count
            for error in index.unreadable { report.add(error) }
        }
        let recording = DamageRecording(in: repository, known: index.damaged)
        checkPacks(index, recording)
        try checkSequence(snapshots)
        let reader = SegmentReader.forStreams(of: repository, index: index.chunks)
        var walk = SnapshotCheck(reader: reader, index: index, report: report, cancellation: cancellation)
        for snapshot in snapshots {
            guard !index.voidSessions.contains(snapshot.session) else {
                note("\(ObjectName(.snapshots, snapshot.id))", "a prune ended its session: it does not count")
                continue
            }
            let before = currentReport
            try walk.check(snapshot)
            let isFound = currentReport.problems.count > before.problems.count
            let hasGone = isFound ? !(try isListed(snapshot)) : false
            report.withLock { report in
                // What a prune took since somebody removed the snapshot is no damage.
                if hasGone { report = before } else { report.snapshots += 1 }
            }
        }
        listUnreferenced(index, needed: walk.neededPacks)
        try DataCheck(
            PackCheck(
                repository: repository, index: index, reader: reader, recording: recording, report: report,
                cancellation: cancellation), memory: memory, width: width
        ).run(readsData ? subset : nil)
        if recordsDamage { record(recording) }
        return currentReport
    }

    private func isListed(_ snapshot: Snapshot) throws(VarveError) -> Bool {
        try repository.backend.list(.snapshots).contains { $0.id == snapshot.id }
    }

    private func note(_ object: String, _ problem: String) {
        report.withLock { $0.add(CheckProblem(.note, object, problem)) }
    }

    /// Every object of `keys/` and `locks/` must have the bytes that its name says; those of `index/` and `snapshots/` are read later.
    private func checkSmallObjects() throws(VarveError) {
        for folder in [StorageFolder.keys, .locks] {
            let names = try repository.backend.list(folder).map { ObjectName(folder, $0.id) }
            try ParallelMap(width: repository.backend.concurrency).run(names) { [repository] name throws(VarveError) in
                try repository.checkObject(name)
            } _: { _, result throws(VarveError) in
                do throws(VarveError) {
                    try result.get()
                } catch  where error.kind == .damaged {
                    report.withLock { $0.add(error) }
                } catch  where error.kind == .notFound {
                    return
                }
            }
        }
    }

    /// Every pack of the index must be listed with its size.
    private func checkPacks(_ index: LoadedIndex, _ recording: DamageRecording) {
        var known: Set<Digest> = []
        let unindexed = Set(index.unindexedPacks.map(\.id))
        for pack in index.chunks.packs where !unindexed.contains(pack.id) {
            known.insert(pack.id)
            let name = "\(ObjectName(.data, pack.id))"
            let isRecorded = recording.isKnown(IndexRecord.DamagedPart(pack: pack.id, segment: nil))
            let severity = isRecorded ? CheckProblem.Severity.note : .damage
            report.withLock { report in
                switch index.listing[pack.id] {
                case pack.size:
                    report.packs += 1
                    report.packBytes += pack.size
                    if isRecorded {
                        report.add(CheckProblem(.note, name, "a damage record names the pack: it counts as absent"))
                    }
                case nil where index.condemned.contains(pack.id): break
                case nil: report.add(CheckProblem(severity, name, "the pack is missing"))
                case let size?:
                    report.add(
                        CheckProblem(severity, name, "the pack has \(size) bytes, and the index says \(pack.size)"))
                }
            }
        }
        for id in index.listing.keys.filter({ !known.contains($0) }).sorted() where !index.condemned.contains(id) {
            note("\(ObjectName(.data, id))", "no index object names the pack; the next backup adopts it")
        }
    }

    /// No snapshot may be missing but those that were removed on purpose.
    private func checkSequence(_ snapshots: [Snapshot]) throws(VarveError) {
        for name in try repository.missingSnapshots(besides: snapshots, memory: memory) {
            let problem =
                "the snapshot is missing, and no forget record explains it: the storage lost, hides or rolled it back"
            report.withLock { $0.add(CheckProblem(.damage, "\(ObjectName(.snapshots, name))", problem)) }
        }
    }

    /// What no snapshot needs, and what is going.
    private func listUnreferenced(_ index: LoadedIndex, needed: Set<Digest>) {
        for (id, size) in index.listing.sorted(by: { $0.key < $1.key }) {
            let pack = ListedObject(id: id, size: size)
            if index.condemned.contains(id) {
                report.withLock { $0.condemnedPacks.append(pack) }
            } else if !needed.contains(id), index.chunks.contains(pack: id) {
                report.withLock { $0.unreferencedPacks.append(pack) }
            }
        }
    }

    private func record(_ recording: DamageRecording) {
        do throws(VarveError) {
            let count = try recording.record(currentReport.damagedParts)
            report.withLock { $0.recordedParts = count }
        } catch {
            report.withLock { $0.recordingFailure = error }
        }
    }
}
