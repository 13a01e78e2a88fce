import Primitives
import Repositories

/// What stood in the place of the sources of a backup.
struct ParentContent {
    /// The root tree of the parent snapshot.
    let root: TreeEntry.Subtree?
    /// The content of each stream, in the order of the request.
    let streams: [ContentReference?]
}

/// The snapshots that a backup is compared with.
struct ParentSnapshots {
    /// That which unchanged files are taken over from.
    let snapshot: Snapshot?
    /// Others of the same host, the oldest first: a stream that the parent does not have may be in one of them.
    let candidates: [Snapshot]

    /// What the streams of a request were; nothing where a session does not ask for bases.
    ///
    /// - Throws: kind `cancelled`.
    func streams(
        of request: BackupRequest, _ session: WriterSession, _ reader: ParentReader
    ) throws(VarveError) -> [ContentReference?] {
        var contents: [ContentReference?] = []
        for stream in request.streams {
            contents.append(session.deltas ? try content(of: stream, session, reader) : nil)
        }
        return contents
    }

    private func content(
        of stream: StreamRequest, _ session: WriterSession, _ reader: ParentReader
    ) throws(VarveError) -> ContentReference? {
        let name = ByteString.display(stream.name)
        func has(_ snapshot: Snapshot) -> Bool { snapshot.record.streams.contains(name) }
        let snapshot = snapshot.flatMap { has($0) ? $0 : nil } ?? candidates.last(where: has)
        guard let root = snapshot?.record.root else { return nil }
        let entry = try reader.attempt(.tree) { _ throws(VarveError) -> TreeEntry? in
            do throws(VarveError) {
                return try TreeReader(session.reader).entry(at: stream.pathComponents, below: root)
            } catch  where error.kind == .notFound {
                return nil
            }
        }
        guard let content = entry.flatMap({ $0 })?.content, content != .empty else { return nil }
        return content
    }
}
