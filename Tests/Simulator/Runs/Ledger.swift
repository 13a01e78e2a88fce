import Primitives
import Snapshots

/// What snapshots must hold, and which must be there.
struct Ledger {
    /// A snapshot that was acknowledged, and the tag that its backup gave it.
    struct Promise {
        let id: Digest
        let tag: String
    }

    /// The streams of each backup that was begun, by the tag that it gives its snapshot.
    var contents: [String: [String: [UInt8]]] = [:]
    /// Snapshots that were acknowledged.
    private(set) var acknowledged: [Promise] = []
    /// The tags of snapshots that somebody has begun to remove.
    private var removed: Set<String> = []
    /// The tags of snapshots that somebody has begun to put another in the place of.
    private var replaced: Set<String> = []

    /// A tag for one more backup.
    mutating func begin(_ streams: [String: [UInt8]]) -> String {
        let tag = "backup\(contents.count)"
        contents[tag] = streams
        return tag
    }

    mutating func acknowledge(_ id: Digest, tag: String) { acknowledged.append(Promise(id: id, tag: tag)) }

    mutating func remove(_ snapshots: some Sequence<Snapshot>) { removed.formUnion(snapshots.map(\.backupTag)) }

    mutating func replace(_ snapshot: Snapshot) { replaced.insert(snapshot.backupTag) }

    /// What must be there.
    var promised: [Promise] { acknowledged.filter { !removed.contains($0.tag) } }

    func isPromised(_ promise: Promise) -> Bool { !removed.contains(promise.tag) }

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
