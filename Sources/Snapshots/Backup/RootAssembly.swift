import FileIO
import Primitives
import Repositories

/// The top of a snapshot's tree: paths below `/`, and streams under their names.
enum RootAssembly {
    /// What a snapshot is known by, in display form, sorted.
    struct Names {
        var paths: [String]
        var streams: [String]
    }

    /// Checks that all names can stand side by side.
    ///
    /// - Throws: kind `usage`.
    static func checkNames(_ request: BackupRequest) throws(VarveError) -> Names {
        guard !request.paths.isEmpty || !request.streams.isEmpty else {
            throw VarveError(
                .usage, "there is nothing to back up", advice: "name paths, --stdin NAME or --stream NAME=COMMAND")
        }
        var paths: [BytePath] = []
        for path in request.paths {
            paths.append(try reportingErrors(as: .source) { () throws(SystemError) in try path.absolute() })
        }
        var names: Set<[UInt8]> = []
        let tops = Set(paths.compactMap { $0.components.first })
        for stream in request.streams {
            let display = ByteString.display(stream.name)
            let components = stream.name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(
                Array.init)
            guard components.allSatisfy(TreeEntry.isValid(name:)) else {
                throw VarveError(
                    .usage, "\"\(display)\" cannot name a stream", advice: "use a name such as app.sql or pg/app.sql")
            }
            guard names.insert(stream.name).inserted else {
                throw VarveError(.usage, "two streams have the name \(display)")
            }
            if tops.contains(components[0]) || paths.contains(BytePath("/")) {
                throw VarveError(
                    .usage,
                    "the stream \(display) would stand where the path /\(ByteString.display(components[0])) does",
                    advice: "give the stream another name")
            }
        }
        for name in names {
            let folder = name + [UInt8(ascii: "/")]
            if let other = names.first(where: { $0.starts(with: folder) }) {
                throw VarveError(
                    .usage, "the stream \(ByteString.display(name)) stands in the way of \(ByteString.display(other))")
            }
        }
        return Names(
            paths: Set(paths.map(\.display)).sorted(),
            streams: request.streams.map { ByteString.display($0.name) }.sorted())
    }

    /// Stores the root tree.
    ///
    /// - Parameter streamEntries: an entry for each stream of the session's request, with its path.
    static func store(
        pathEntries: [TreeEntry], streamEntries: [(path: [[UInt8]], entry: TreeEntry)], in session: WriterSession,
        time: Timestamp
    ) throws(VarveError) -> TreeEntry.Subtree {
        let modified = FileTime(seconds: time.seconds, nanoseconds: UInt32(time.fraction))
        let streams = try entries(of: streamEntries, in: session, modified: modified)
        return try folder(of: pathEntries + streams, in: session)
    }

    /// Groups streams by the first part of their names, and stores a folder for each that has more parts.
    private static func entries(
        of streams: [(path: [[UInt8]], entry: TreeEntry)], in session: WriterSession, modified: FileTime
    ) throws(VarveError) -> [TreeEntry] {
        var entries: [TreeEntry] = []
        for (name, group) in Dictionary(grouping: streams, by: { $0.path[0] }) {
            if group.count == 1, group[0].path.count == 1 {
                entries.append(group[0].entry)
                continue
            }
            var entry = TreeEntry(kind: .folder, name: name)
            entry.permissions = 0o700
            entry.modified = modified
            let below = group.map { (path: Array($0.path.dropFirst()), entry: $0.entry) }
            entry.subtree = try folder(
                of: try self.entries(of: below, in: session, modified: modified), in: session)
            entries.append(entry)
        }
        return entries
    }

    private static func folder(
        of entries: [TreeEntry], in session: WriterSession
    ) throws(VarveError) -> TreeEntry.Subtree {
        var builder = TreeBuilder()
        let store: ListBuilder.StoreNode = { node throws(VarveError) in try session.storeNode(node, as: .tree) }
        for entry in entries.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            try builder.append(entry, store)
        }
        return try builder.finish(store)
    }
}
