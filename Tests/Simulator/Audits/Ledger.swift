import Primitives
import Snapshots

/// Which snapshots must be there at a place.
struct Ledger {
    /// A snapshot that was acknowledged, and the tag that its backup gave it.
    struct Promise {
        let id: Digest
        let tag: String
    }

    /// Snapshots that were acknowledged, by themselves or as copies.
    private(set) var acknowledged: [Promise] = []
    /// Those of them, by their numbers, that nobody has begun to remove since.
    private var standing: Set<Int> = []
    /// Snapshots that somebody has begun to remove, acknowledged or not.
    private var removed: Set<Digest> = []
    /// The tags of snapshots that somebody has begun to put another in the place of.
    private var replaced: Set<String> = []

    mutating func acknowledge(_ id: Digest, tag: String) {
        if !removed.contains(id) { standing.insert(acknowledged.count) }
        acknowledged.append(Promise(id: id, tag: tag))
    }

    /// Takes in that snapshots are being removed, in whichever form they are there.
    mutating func remove(_ snapshots: some Sequence<Snapshot>) {
        removed.formUnion(snapshots.map(\.id))
        let tags = Set(snapshots.map(\.backupTag))
        standing = standing.filter { !tags.contains(acknowledged[$0].tag) }
    }

    mutating func replace(_ snapshot: Snapshot) { replaced.insert(snapshot.backupTag) }

    /// What must be there.
    var promised: [Promise] { standing.sorted().map { acknowledged[$0] } }

    func isPromised(_ promise: Promise) -> Bool { standing.contains { acknowledged[$0].id == promise.id } }

    /// Whether a backup's snapshot must be there in some form.
    func promises(_ tag: String) -> Bool { standing.contains { acknowledged[$0].tag == tag } }

    /// Whether another snapshot may stand in the place of the one that was acknowledged.
    func mayBeReplaced(_ promise: Promise) -> Bool { replaced.contains(promise.tag) }

    /// Those of the promised snapshots that are neither there themselves nor in another's form.
    func missing(among snapshots: [Snapshot]) -> [Promise] {
        let names = Set(snapshots.map(\.id))
        let tags = Set(snapshots.map(\.backupTag))
        return promised.filter { !names.contains($0.id) && !(mayBeReplaced($0) && tags.contains($0.tag)) }
    }
}

extension Snapshot {
    /// Which backup it comes from.
    var backupTag: String { record.tags.first ?? "" }
}
