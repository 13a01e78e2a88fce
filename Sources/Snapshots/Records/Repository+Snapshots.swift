import Backends
import Primitives
import Repositories
import Threads

extension Repository {
    /// All snapshots that count, oldest first; snapshots of void sessions do not.
    ///
    /// - Parameters:
    ///   - voidSessions: from the index.
    ///   - unreadable: is given what cannot be read, which is passed over.
    /// - Throws: where the listing fails.
    package func loadSnapshots(
        voidSessions: Set<Identifier>, unreadable: (VarveError) -> Void
    ) throws(VarveError) -> [Snapshot] {
        var snapshots: [Snapshot] = []
        let names = try backend.list(.snapshots).map(\.id).sorted()
        try ParallelMap(width: backend.concurrency).run(names) { [self] id throws(VarveError) in
            try readSnapshot(id)
        } _: { _, read throws(VarveError) in
            do throws(VarveError) {
                let snapshot = try read.get()
                if !voidSessions.contains(snapshot.session) { snapshots.append(snapshot) }
            } catch  where error.kind == .notFound {
                // Removed since the listing.
                return
            } catch  where error.kind == .damaged || error.kind == .unsupported {
                unreadable(error)
            }
        }
        cache.dropObjects(in: .snapshots, except: Set(names))
        return snapshots.sortedByTime()
    }

    /// All snapshots that count, with warnings about those that cannot be read.
    package func loadSnapshots(voidSessions: Set<Identifier>) throws(VarveError) -> [Snapshot] {
        let warn = environment.warn
        return try loadSnapshots(voidSessions: voidSessions) { warn($0.problem) }
    }

    /// All snapshots that count, for a policy that removes some because others are there.
    ///
    /// They are listed before the index is read: a session that was void by then is known to be. What it put must not
    /// take the place of an acknowledged snapshot.
    /// - Throws: kind `damaged` where a part of the index cannot be read, since that may be what says that a session is
    ///   void.
    package func loadSnapshotsForPolicy() throws(VarveError) -> [Snapshot] {
        let snapshots = try loadSnapshots(voidSessions: [])
        let index = try loadIndexRecords()
        if let error = index.unreadable.first {
            throw VarveError(
                error.kind, "no policy is applied while the index cannot be read whole: \(error.problem)",
                advice: "run `varve check`")
        }
        return snapshots.filter { !index.voidSessions.contains($0.session) }
    }

    package func readSnapshot(_ id: Digest) throws(VarveError) -> Snapshot {
        let name = ObjectName(.snapshots, id)
        let (header, plain) = try readCachedObject(name, types: [.snapshot])
        return Snapshot(
            id: id, session: header.session, record: try SnapshotRecord(decoding: plain, of: "\(name)"))
    }
}
