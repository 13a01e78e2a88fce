import Backends
import Primitives
import Repositories

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
        for id in names {
            do throws(VarveError) {
                let snapshot = try readSnapshot(id)
                if !voidSessions.contains(snapshot.session) { snapshots.append(snapshot) }
            } catch  where error.kind == .notFound {
                // Removed since the listing.
                continue
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

    package func readSnapshot(_ id: Digest) throws(VarveError) -> Snapshot {
        let name = ObjectName(.snapshots, id)
        let (header, plain) = try readCachedObject(name, types: [.snapshot])
        return Snapshot(
            id: id, session: header.session, record: try SnapshotRecord(decoding: plain, of: "\(name)"))
    }
}
