import Primitives

/// What snapshots must hold, and which must be there.
struct Ledger {
    /// The streams of each backup that was begun, by the tag that it gives its snapshot.
    var contents: [String: [String: [UInt8]]] = [:]
    /// Snapshots that were acknowledged, by the tag.
    private(set) var acknowledged: [(id: Digest, tag: String)] = []
    /// Snapshots that somebody has begun to remove.
    private(set) var removing: Set<Digest> = []

    /// A tag for one more backup.
    mutating func begin(_ streams: [String: [UInt8]]) -> String {
        let tag = "backup\(contents.count)"
        contents[tag] = streams
        return tag
    }

    mutating func acknowledge(_ id: Digest, tag: String) { acknowledged.append((id, tag)) }

    mutating func remove(_ ids: some Sequence<Digest>) { removing.formUnion(ids) }

    /// What must be there.
    var promised: [(id: Digest, tag: String)] { acknowledged.filter { !removing.contains($0.id) } }
}
