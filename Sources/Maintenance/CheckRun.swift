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
    private let width: Int
    private let cancellation: Cancellation
    private let report = Locked(CheckReport())

    package init(_ repository: Repository, readsData: Bool, width: Int, cancellation: Cancellation) {
        self.repository = repository
        self.readsData = readsData
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
        let index = try repository.loadIndex(readsUnindexedPacks: true)
        report.withLock { report in
            report.indexObjects = index.objects.count
            for error in index.unreadable { report.add(error) }
        }
        checkPacks(index)
        let snapshots = try repository.loadSnapshots(voidSessions: index.voidSessions) { error in
            report.withLock { $0.add(error) }
        }
        let reader = SegmentReader(repository: repository, index: index.chunks, cacheLimit: 32 << 20)
        var walk = SnapshotCheck(reader: reader, index: index.chunks, report: report, cancellation: cancellation)
        for snapshot in snapshots {
            try walk.check(snapshot)
            report.withLock { $0.snapshots += 1 }
        }
        if readsData {
            try PackCheck(
                repository: repository, index: index, reader: reader, report: report, width: width,
                cancellation: cancellation
            ).run()
        }
        return currentReport
    }

    /// Every object of `keys/` and `locks/` must have the bytes that its name says; those of `index/` and `snapshots/` are read later.
    private func checkSmallObjects() throws(VarveError) {
        for folder in [StorageFolder.keys, .locks] {
            for listed in try repository.backend.list(folder) {
                do throws(VarveError) {
                    try repository.checkObject(ObjectName(folder, listed.id))
                } catch  where error.kind == .damaged {
                    report.withLock { $0.add(error) }
                } catch  where error.kind == .notFound {
                    continue
                }
            }
        }
    }

    /// Every pack of the index must be listed with its size.
    private func checkPacks(_ index: LoadedIndex) {
        var known: Set<Digest> = []
        let unindexed = Set(index.unindexedPacks.map(\.id))
        for pack in index.chunks.packs where !unindexed.contains(pack.id) {
            known.insert(pack.id)
            let name = "\(ObjectName(.data, pack.id))"
            report.withLock { report in
                switch index.listing[pack.id] {
                case pack.size:
                    report.packs += 1
                    report.packBytes += pack.size
                case nil where index.condemned.contains(pack.id): break
                case nil: report.add(CheckProblem(.damage, name, "the pack is missing"))
                case let size?:
                    report.add(
                        CheckProblem(.damage, name, "the pack has \(size) bytes, and the index says \(pack.size)"))
                }
            }
        }
        for id in index.listing.keys.filter({ !known.contains($0) }).sorted() {
            let problem = "no index object names the pack; the next backup adopts it"
            report.withLock { $0.add(CheckProblem(.note, "\(ObjectName(.data, id))", problem)) }
        }
    }
}
