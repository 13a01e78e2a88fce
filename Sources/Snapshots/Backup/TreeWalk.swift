import FileIO
import Primitives
import Repositories
import Sourcing
import Threads

/// Walks the paths of a backup, in the order of names, and feeds what it finds. One thread.
///
/// What cannot be read is reported, counted, and left out; only the end of the pipeline ends the walk.
final class TreeWalk {
    let request: BackupRequest
    let session: WriterSession
    let feeder: BatchFeeder
    let progress: Locked<BackupProgress>
    private let metadata: EntryMetadata
    private let filesAhead: FilesAhead
    private let readTree: ListCursor.ReadNode
    /// The file system that the walk must not leave, if so.
    private var device: UInt64?
    /// This machine's folder for varve's caches. What is in it changes with each backup, and is of use to nobody who restores it.
    private let ownCache: FileMetadata?
    /// Whether any of the paths asked for is there.
    private var hasFoundPath = false

    init(
        request: BackupRequest, session: WriterSession, feeder: BatchFeeder, progress: Locked<BackupProgress>
    ) {
        self.request = request
        self.session = session
        self.feeder = feeder
        self.progress = progress
        metadata = EntryMetadata(view: session.repository.environment.fileStatus)
        filesAhead = FilesAhead(width: request.width)
        ownCache = session.repository.environment.cacheRoot.flatMap { root in
            try? FileMetadata.read(of: OpenFile.open(root, .readOnly, .directory))
        }
        let reader = session.reader
        readTree = { id throws(VarveError) in try reader.chunk(id, as: .tree) }
    }

    /// Walks all paths; `parent` is the root tree of the parent snapshot.
    ///
    /// - Throws: kind `source` where none of the paths is there and there are no streams either; where the pipeline was ended.
    func run(parent: TreeEntry.Subtree?) throws(VarveError) {
        defer { filesAhead.finish() }
        var paths: [BytePath] = []
        for path in request.paths {
            paths.append(try reportingErrors(as: .source) { () throws(SystemError) in try path.absolute() })
        }
        let roots = PathRoots(paths)
        let root = try reportingErrors(as: .source) { () throws(SystemError) in
            try OpenFile.open(
                session.repository.environment.fileRoot, roots.isWanted ? .readOnly : .nameOnly, .directory)
        }
        let cursor = parent.map { TreeCursor($0) }
        if roots.isWanted {
            hasFoundPath = true
            stay(on: attempt { () throws(SystemError) in try FileMetadata.read(of: root) })
            try walkFolder(root, at: BytePath("/"), parent: cursor)
        } else {
            try walk(roots, in: root, at: BytePath("/"), parent: cursor)
        }
        guard hasFoundPath || !request.streams.isEmpty else {
            throw VarveError(.source, "nothing of what was asked for could be read, so no snapshot is made")
        }
    }

    /// Goes down to what is wanted, through folders of which only that is taken.
    private func walk(
        _ roots: PathRoots, in folder: OpenFile, at path: BytePath, parent: TreeCursor?
    ) throws(VarveError) {
        var parent = parent
        for (name, child) in roots.sortedChildren {
            let known = advance(&parent, to: name)
            let childPath = path.appending(name)
            guard !child.isWanted else {
                let status = attempt { () throws(SystemError) in try FileMetadata.read(at: folder, name: name) }
                stay(on: status)
                if let status {
                    hasFoundPath = true
                    try visit(meet(name, status, in: folder, at: childPath, known: known), in: folder)
                }
                continue
            }
            // A link on the way to a wanted path is followed: the path is what the user wrote. Who may pass through a folder need
            // not be allowed to list it.
            let opened = attempt { () throws(SystemError) in
                let below = try OpenFile.openAt(directory: folder, name: name, .nameOnly, .directory)
                return (below, try FileMetadata.read(of: below))
            }
            guard let (below, status) = opened else { continue }
            try feeder.emit(.enterFolder(metadata.entry(name, status), parent: base(known?.subtree)))
            try walk(child, in: below, at: childPath, parent: known?.subtree.map { TreeCursor($0) })
            try feeder.emit(.leaveFolder)
        }
    }

    /// Feeds everything in a folder that is not excluded.
    private func walkFolder(_ folder: OpenFile, at path: BytePath, parent: TreeCursor?) throws(VarveError) {
        try session.cancellation.check()
        progress.withLock { $0.current = path.display }
        guard let listing = attempt({ () throws(SystemError) in try DirectoryListing(of: folder) }) else { return }
        var parent = parent
        var last: [UInt8]?
        var ahead: [Meeting] = []
        // A folder that changes while it is listed may give a name twice.
        for name in listing where name != last {
            last = name
            let childPath = path.appending(name)
            if request.excludes.contains(where: { $0.matches(childPath) }) { continue }
            let known = advance(&parent, to: name)
            guard let status = attempt({ () throws(SystemError) in try FileMetadata.read(at: folder, name: name) })
            else { continue }
            ahead.append(meet(name, status, in: folder, at: childPath, known: known))
            if ahead.count > FilesAhead.window { try visit(ahead.removeFirst(), in: folder) }
        }
        for meeting in ahead { try visit(meeting, in: folder) }
    }

    /// An entry of a folder that the walk has seen and not yet fed.
    private struct Meeting {
        let entry: TreeEntry
        let status: FileMetadata
        let path: BytePath
        let known: TreeEntry?
        /// Whether ``entry`` is the parent's, content and all.
        var isUnchanged = false
        var reading: FilesAhead.Reading?
    }

    /// Finds out what is to be done with an entry, and begins to read it where it is a small file.
    private func meet(
        _ name: [UInt8], _ status: FileMetadata, in folder: OpenFile, at path: BytePath, known: TreeEntry?
    ) -> Meeting {
        if let entry = unchanged(known, status) {
            return Meeting(entry: entry, status: status, path: path, known: known, isUnchanged: true)
        }
        let entry = metadata.entry(name, status)
        return Meeting(
            entry: entry, status: status, path: path, known: known,
            reading: filesAhead.read(entry, status, in: folder))
    }

    private func visit(_ meeting: Meeting, in folder: OpenFile) throws(VarveError) {
        var entry = meeting.entry
        defer { if let reading = meeting.reading { filesAhead.put(reading) } }
        guard TreeEntry.isValid(name: entry.name) else {
            report("\(meeting.path.display) is left out: its name cannot be stored")
            return
        }
        if meeting.isUnchanged { return try feeder.emit(.entry(entry)) }
        func tell(_ warnings: [String]) {
            for text in warnings { session.repository.environment.warn("\(meeting.path.display): \(text)") }
        }
        if let reading = meeting.reading {
            let finding = try reading.finding()
            tell(finding.warnings)
            return try feedFile(finding, reading.buffer, meeting.status, in: folder, known: meeting.known)
        }
        if entry.kind == .symbolicLink {
            guard let target = attempt({ () throws(SystemError) in try folder.readSymbolicLink(entry.name) }) else {
                return
            }
            entry.linkTarget = target
        }
        tell(EntryMetadata.addAttributes(to: &entry, in: folder))
        switch meeting.status.kind {
        case .regular: try feedFile(entry, meeting.status, in: folder, known: meeting.known)
        case .directory: try feedFolder(entry, meeting.status, in: folder, at: meeting.path, known: meeting.known)
        default: try feeder.emit(.entry(entry))
        }
    }

    private func feedFolder(
        _ entry: TreeEntry, _ status: FileMetadata, in folder: OpenFile, at path: BytePath, known: TreeEntry?
    ) throws(VarveError) {
        try feeder.emit(.enterFolder(entry, parent: base(known?.subtree)))
        let isForeign = device.map { $0 != status.device } ?? false
        if !isForeign,
            let below = attempt({ () throws(SystemError) in
                try OpenFile.openAt(
                    directory: folder, name: entry.name, .readOnly, [.directory, .noFollow, .noAccessTime])
            })
        {
            if isOwnCache(status) || request.excludesCaches && CacheTag.isIn(below) {
                // The tag itself is kept, so that a restored folder counts as a cache again.
                try visitTag(in: below, at: path)
            } else {
                try walkFolder(below, at: path, parent: known?.subtree.map { TreeCursor($0) })
            }
        }
        try feeder.emit(.leaveFolder)
    }

    private func isOwnCache(_ status: FileMetadata) -> Bool {
        ownCache.map { $0.device == status.device && $0.inode == status.inode } ?? false
    }

    private func visitTag(in folder: OpenFile, at path: BytePath) throws(VarveError) {
        let name = CacheTag.fileName
        if let status = attempt({ () throws(SystemError) in try FileMetadata.read(at: folder, name: name) }) {
            try visit(meet(name, status, in: folder, at: path.appending(name), known: nil), in: folder)
        }
    }

    // MARK: The parent

    /// What new content may be compressed against, where that is wanted at all.
    private func base<Known>(_ known: Known?) -> Known? { session.deltas ? known : nil }

    /// Says that the content of a file comes next.
    func beginContent(_ known: TreeEntry?) throws(VarveError) {
        if let content = base(known?.content), content != .empty { try feeder.emit(.beginContent(parent: content)) }
    }

    private func advance(_ parent: inout TreeCursor?, to name: [UInt8]) -> TreeEntry? {
        do throws(VarveError) {
            return try parent?.advance(to: name, readTree)
        } catch {
            session.repository.environment.warn(
                "the parent snapshot cannot be read here, so files are read again: \(error.problem)")
            parent = nil
            return nil
        }
    }

    /// The parent's entry for a file that has not changed, where all that it reaches is usable.
    private func unchanged(_ known: TreeEntry?, _ status: FileMetadata) -> TreeEntry? {
        guard !request.readsUnchanged, let known, known.kind == .file, status.kind == .regular,
            metadata.isUnchanged(status, since: known), known.lostRanges.isEmpty, let content = known.content,
            isUsable(content)
        else { return nil }
        var entry = known
        // File systems may get other numbers when they are mounted anew; all names of one file must have the same.
        entry.hardLink = metadata.hardLink(status)
        return entry
    }

    private func isUsable(_ content: ContentReference) -> Bool {
        let reader = session.reader
        func isUsable(_ child: ListNode.Child, _ level: UInt8) -> Bool {
            guard session.areKnown([child.id]),
                let node = try? ListNode.read(
                    child, level: level, { id throws(VarveError) in try reader.chunk(id, as: .list) })
            else { return false }
            switch node {
            case .leaf(let chunks): return session.areKnown(chunks.lazy.map(\.id))
            case .inner(_, let children): return children.allSatisfy { isUsable($0, level - 1) }
            }
        }
        switch content {
        case .empty: return true
        case .chunk(let id, _): return session.areKnown([id])
        case .list(let id, let height, let size, let chunks):
            return isUsable(ListNode.Child(id: id, bytes: size, chunks: chunks), height - 1)
        }
    }

    // MARK: Reporting

    private func stay(on status: FileMetadata?) {
        if request.staysOnFileSystem, let status { device = status.device }
    }

    /// Runs `body`; where it fails, that is reported.
    func attempt<Result>(_ body: () throws(SystemError) -> Result) -> Result? {
        do throws(SystemError) {
            return try body()
        } catch {
            report(error)
            return nil
        }
    }

    /// A file that is gone since its folder was listed is no error: there is nothing left to back up.
    func report(_ error: SystemError) {
        if error.isMissing, !isTarget(error.path) {
            session.repository.environment.warn("\(error.path) vanished while it was backed up")
        } else {
            report(error.description)
        }
    }

    private func isTarget(_ path: String) -> Bool {
        request.paths.contains { (try? $0.absolute().display.hasPrefix(path)) ?? false }
    }

    func report(_ text: String) {
        session.repository.environment.warn(text)
        progress.withLock { $0.errors += 1 }
    }
}
