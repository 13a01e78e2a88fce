import Backends
import Primitives
import Repositories
import Threads

/// Looks at `locks/`, and reads each object there once.
struct SessionsAtWork {
    private let repository: Repository
    private var locks: [Digest: SessionLock] = [:]

    init(in repository: Repository) { self.repository = repository }

    /// Gives all anchors and heartbeats.
    ///
    /// - Throws: kind `damaged` where one cannot be read: it might be an anchor, and nobody would know whose.
    mutating func look() throws(VarveError) -> (anchors: [IndexRecord.AnchorName], sight: DrainWatch.Sight) {
        let names = Set(try repository.backend.list(.locks).map(\.id))
        locks = locks.filter { names.contains($0.key) }
        let unread = names.sorted().filter { locks[$0] == nil }
        try ParallelMap(width: repository.backend.concurrency).run(unread) { [repository] name throws(VarveError) in
            try repository.readSessionLock(name)
        } _: { name, lock throws(VarveError) in
            do throws(VarveError) {
                locks[name] = try lock.get()
            } catch  where error.kind == .notFound {
                // It went since the listing.
                return
            } catch  where error.kind == .damaged || error.kind == .unsupported {
                throw VarveError(
                    error.kind, "nothing is deleted: \(error.problem)",
                    advice: "see whether a backup is running; if none is, delete this object")
            }
        }
        var anchors: [IndexRecord.AnchorName] = []
        var heartbeats: [Digest: Set<Digest>] = [:]
        for (name, lock) in locks {
            switch lock {
            case .anchor(let session): anchors.append(IndexRecord.AnchorName(name: name, session: session))
            case .heartbeat(let anchor): heartbeats[anchor, default: []].insert(name)
            }
        }
        anchors.sort { $0.name < $1.name }
        return (anchors, DrainWatch.Sight(names: names, heartbeats: heartbeats))
    }
}
