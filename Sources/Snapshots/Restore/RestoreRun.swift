import FileIO
import Glibc
import Primitives
import Repositories
import Sourcing
import Threads

/// Writes a snapshot, or a part of one, below a folder; and never outside of it, whatever the tree says.
package final class RestoreRun: @unchecked Sendable {
    // Unchecked: `run` is called once and works on one thread; what others may ask for is behind locks.
    let repository: Repository
    let request: RestoreRequest
    let reader: SegmentReader
    let cancellation: Cancellation
    let progress = Locked(RestoreProgress())
    let accounts = AccountNames()
    let isRoot = geteuid() == 0
    var failures: [RestoreFailure] = []
    /// Files that were left alone because of a policy that does not mind what is in them; kept for the verification.
    private(set) var leftAlone: Set<[[UInt8]]> = []
    /// Where the first name of each hard-linked file was restored.
    private var links: [LinkKey: (folder: [[UInt8]], name: [UInt8])] = [:]
    /// The further names of files whose content is still to be written.
    private var furtherNames: [LinkKey: [[[UInt8]]]] = [:]
    /// Folders whose metadata is due once the files in them are written.
    private var finishedFolders: [(path: [[UInt8]], entry: TreeEntry)] = []
    private let batch: FileBatch
    private var target: RootedFolder?
    private var policy = OverwritePolicy.never

    private struct LinkKey: Hashable {
        let device: UInt64
        let inode: UInt64

        init?(_ entry: TreeEntry) {
            guard let hardLink = entry.hardLink else { return nil }
            device = hardLink.device
            inode = entry.inode
        }
    }

    private static let folderLimit = 4096

    package init(
        _ repository: Repository, _ reader: SegmentReader, _ request: RestoreRequest, cancellation: Cancellation
    ) {
        self.repository = repository
        self.reader = reader
        self.request = request
        self.cancellation = cancellation
        batch = FileBatch(
            repository: repository, reader: reader, makesSparse: request.makesSparse, width: request.width,
            cancellation: cancellation, progress: progress)
    }

    /// How far it has come; may be asked from any thread.
    package var currentProgress: RestoreProgress { progress.withLock { $0 } }

    /// Does it. What fails is in the result; the rest is restored all the same.
    ///
    /// - Throws: where nothing can be restored at all: kinds `notFound`, `local`, `cancelled`.
    package func run() throws(VarveError) -> RestoreResult {
        let start = repository.environment.clock.monotonicSeconds()
        let result = Promise<Void>()
        // The walk goes down by calling itself, and folders may lie deep below each other.
        let thread = WorkerThread(name: "restore", stackSize: 256 << 20) { [self] in
            result.fulfil(Result { () throws(VarveError) in try restore() })
        }
        thread.join()
        try result.value()
        return RestoreResult(
            progress: currentProgress, failures: failures,
            seconds: repository.environment.clock.monotonicSeconds() - start)
    }

    private func restore() throws(VarveError) {
        let tree = TreeReader(reader)
        let entry = try tree.entry(at: request.path, below: request.snapshot.record.root)
        let target = try openTarget()
        if let entry, entry.subtree == nil {
            try restore(entry, in: target.folder, at: [])
        } else {
            try restoreFolder(entry?.subtree ?? request.snapshot.record.root, in: target.folder, at: [])
        }
        try finishBatch()
        if request.path.isEmpty, let lost = request.snapshot.record.repair?.lostRootEntries, lost > 0 {
            fail([], TreeEntry.lostText(entries: lost), isDamage: true)
        }
        if request.verifies {
            try RestoreVerification(run: self, target: target).verify(entry, root: request.snapshot.record.root)
        }
    }

    /// Opens the target, made where it is missing, and settles the policy.
    private func openTarget() throws(VarveError) -> RootedFolder {
        let target = try reportingErrors(as: .local) { () throws(SystemError) in
            try request.target.makeDirectories()
            return try RootedFolder.open(request.target)
        }
        let isEmpty = try reportingErrors(as: .local) { () throws(SystemError) in
            try DirectoryListing(of: target.folder).isEmpty
        }
        policy = request.overwrite ?? (isEmpty ? .ifChanged : .never)
        self.target = target
        return target
    }

    // MARK: The walk

    func isWanted(_ path: [[UInt8]], isFolder: Bool) -> (itself: Bool, below: Bool) {
        let absolute = BytePath(Array("/".utf8) + (request.path + path).joined(separator: Array("/".utf8)))
        if request.excludes?.matches(absolute) ?? false { return (false, false) }
        guard let includes = request.includes else { return (true, true) }
        let selected = includes.selects(absolute)
        return (selected, isFolder && (selected || includes.couldMatchBelow(absolute)))
    }

    private func restoreFolder(
        _ subtree: TreeEntry.Subtree, in folder: OpenFile, at path: [[UInt8]]
    ) throws(VarveError) {
        do throws(VarveError) {
            try TreeReader.checkDepth(of: path)
        } catch {
            return fail(path, error.problem, isDamage: true)
        }
        // Where only some things are wanted, what comes next may be none of them.
        var walk = FolderWalk(subtree, reader, ahead: request.includes == nil ? .nodes : .nothing)
        while true {
            try cancellation.check()
            let entry: TreeEntry?
            do throws(VarveError) {
                entry = try walk.next()
            } catch  where error.kind != .cancelled {
                return fail(
                    path, "a part of the folder cannot be read: \(error.problem)", isDamage: error.kind == .damaged)
            }
            guard let entry else { return }
            let wanted = isWanted(path + [entry.name], isFolder: entry.kind == .folder)
            if wanted.itself || wanted.below { try restore(entry, in: folder, at: path) }
        }
    }

    /// Restores one entry of the folder at `path`.
    private func restore(_ entry: TreeEntry, in folder: OpenFile, at path: [[UInt8]]) throws(VarveError) {
        let entryPath = path + [entry.name]
        let existing = attempt(entryPath) { () throws(SystemError) -> FileMetadata? in
            do throws(SystemError) {
                return try FileMetadata.read(at: folder, name: entry.name)
            } catch  where error.errnoCode == ENOENT {
                return nil
            }
        }
        guard let existing else { return }
        if entry.kind == .folder {
            try restoreSubfolder(entry, existing, in: folder, at: entryPath)
            return
        }
        if let existing, !shouldReplace(existing, with: entry) {
            progress.withLock { $0.skipped += 1 }
            if request.verifies, policy != .ifChanged { leftAlone.insert(entryPath) }
            return
        }
        if let existing, existing.kind == .directory {
            return fail(entryPath, "a folder stands in its place", isDamage: false)
        }
        if try restoreLink(entry, existing, in: folder, at: entryPath) { return }
        switch entry.kind {
        case .file, .stream: try restoreFile(entry, existing, in: folder, at: entryPath)
        default: restoreSpecial(entry, existing, in: folder, at: entryPath)
        }
    }

    private func shouldReplace(_ existing: FileMetadata, with entry: TreeEntry) -> Bool {
        switch policy {
        case .never: false
        case .always: true
        case .ifNewer: entry.modified > existing.modified
        case .ifChanged:
            TreeEntry.Kind(existing.kind) != (entry.kind == .stream ? .file : entry.kind)
                || existing.modified != entry.modified
                || (existing.kind == .regular && UInt64(existing.size) != entry.size)
        }
    }

    private func restoreSubfolder(
        _ entry: TreeEntry, _ existing: FileMetadata?, in folder: OpenFile, at path: [[UInt8]]
    ) throws(VarveError) {
        guard let subtree = entry.subtree else { return }
        let opened = attempt(path) { () throws(SystemError) in
            if let existing, existing.kind != .directory, policy != .never { try folder.removeFile(entry.name) }
            if existing?.kind != .directory { try folder.makeDirectory(entry.name) }
            return try folder.openExisting(entry.name, .readOnly, .directory)
        }
        guard let opened else { return }
        progress.withLock { progress in
            progress.folders += 1
            progress.current = TreeReader.display(path)
        }
        try restoreFolder(subtree, in: opened, at: path)
        if let lost = entry.lostText { fail(path, lost, isDamage: true) }
        if existing == nil || policy != .never, isWanted(path, isFolder: true).itself {
            finishedFolders.append((path, entry))
            if finishedFolders.count >= RestoreRun.folderLimit { try finishBatch() }
        }
    }

    /// Makes a further name of a file that is restored already; says whether it did.
    private func restoreLink(
        _ entry: TreeEntry, _ existing: FileMetadata?, in folder: OpenFile, at path: [[UInt8]]
    ) throws(VarveError) -> Bool {
        guard let key = LinkKey(entry) else { return false }
        guard let first = links[key], let target else {
            links[key] = (Array(path.dropLast()), entry.name)
            return false
        }
        let isLinked: Void? = attempt(path) { () throws(SystemError) in
            if existing != nil { try folder.removeFile(entry.name) }
            try folder.makeHardLink(entry.name, to: try target.descend(first.folder), first.name)
        }
        if isLinked != nil {
            progress.withLock { $0.files += 1 }
            furtherNames[key, default: []].append(path)
        }
        return true
    }

    /// Takes the further names from a file that is not whole: each is restored on its own, or not at all.
    private func forgetLinks(of file: FileBatch.File, _ error: VarveError) {
        guard let key = LinkKey(file.entry), let target else { return }
        links[key] = nil
        for path in furtherNames.removeValue(forKey: key) ?? [] {
            progress.withLock { $0.files -= 1 }
            let folder = try? target.descend(Array(path.dropLast()))
            let kept = folder.flatMap { EntryWriting.setAside(path[path.count - 1], in: $0) }
            let place = kept.map { "; what could be had is in \(ByteString.display($0))" } ?? ""
            fail(
                path, "it is the same file as \(file.path), which is not whole: \(error.problem)\(place)",
                isDamage: error.kind == .damaged)
        }
    }

    private func restoreFile(
        _ entry: TreeEntry, _ existing: FileMetadata?, in folder: OpenFile, at path: [[UInt8]]
    ) throws(VarveError) {
        guard entry.size <= Int64.max else {
            return fail(path, "no file can have \(entry.size) bytes", isDamage: true)
        }
        let opened = attempt(path) { () throws(SystemError) in
            if let existing, let file = try openToCompare(entry, existing, in: folder) {
                return (file, isExisting: true)
            }
            if existing != nil { try folder.removeFile(entry.name) }
            return (try folder.createFile(entry.name), isExisting: false)
        }
        guard let (file, isExisting) = opened else {
            if let key = LinkKey(entry) { links[key] = nil }
            return
        }
        try batch.append(
            FileBatch.File(
                file: file, folder: folder, entry: entry, path: TreeReader.display(path), isExisting: isExisting))
        if batch.isFull { try finishBatch() }
    }

    /// Opens an existing file so that only what differs is written.
    ///
    /// - Returns: `nil` for a file that is to be replaced: it has other names, or is or will be sparse, or may not be written into.
    private func openToCompare(
        _ entry: TreeEntry, _ existing: FileMetadata, in folder: OpenFile
    ) throws(SystemError) -> OpenFile? {
        guard existing.kind == .regular, existing.linkCount == 1, entry.sparse == nil, !request.makesSparse else {
            return nil
        }
        do throws(SystemError) {
            let file = try folder.openExisting(entry.name, .readWrite)
            try file.truncate(to: min(try file.size(), Int64(entry.size)))
            return file
        } catch  where error.errnoCode == EACCES || error.errnoCode == ETXTBSY {
            return nil
        }
    }

    private func restoreSpecial(
        _ entry: TreeEntry, _ existing: FileMetadata?, in folder: OpenFile, at path: [[UInt8]]
    ) {
        let isMade: Void? = attempt(path) { () throws(SystemError) in
            if existing != nil { try folder.removeFile(entry.name) }
            try EntryWriting.makeSpecial(entry, in: folder)
        }
        if isMade != nil {
            applyMetadata(entry, in: folder, path)
            progress.withLock { $0.others += 1 }
        }
    }

    // MARK: Finishing

    /// Writes what is gathered, then gives files and the folders behind them their metadata.
    private func finishBatch() throws(VarveError) {
        try batch.write()
        var gaps: [Int: [FileBatch.Gap]] = [:]
        for gap in batch.gaps { gaps[gap.file, default: []].append(gap) }
        for (number, file) in batch.files.enumerated() { finish(file, gaps[number] ?? []) }
        batch.removeAll()
        furtherNames = [:]
        for (path, entry) in finishedFolders {
            guard let target,
                let folder = attempt(path, { () throws(SystemError) in try target.descend(Array(path.dropLast())) })
            else { continue }
            applyMetadata(entry, in: folder, path)
        }
        finishedFolders = []
    }

    private func finish(_ file: FileBatch.File, _ gaps: [FileBatch.Gap]) {
        let entry = file.entry
        if let first = gaps.min(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            let missing = gaps.reduce(0) { $0 + $1.range.count }
            let kept = EntryWriting.setAside(entry.name, in: file.folder)
            fail(
                file.path,
                "\(missing) bytes are missing, the first at \(first.range.lowerBound): \(first.error.problem); "
                    + (kept.map { "what could be had is in \(ByteString.display($0))" } ?? "it was removed"),
                isDamage: gaps.contains { $0.error.kind == .damaged })
            return forgetLinks(of: file, first.error)
        }
        do throws(SystemError) {
            if try file.file.size() != Int64(entry.size) { try file.file.truncate(to: Int64(entry.size)) }
        } catch {
            fail(file.path, error.description, isDamage: false)
            return forgetLinks(of: file, error.asVarveError(.local))
        }
        applyMetadata(entry, in: file.folder, file.path)
        progress.withLock { $0.files += 1 }
        if let lost = entry.lostText { fail(file.path, "\(lost); zeros stand there", isDamage: true) }
    }

    private func applyMetadata(_ entry: TreeEntry, in folder: OpenFile, _ path: [[UInt8]]) {
        applyMetadata(entry, in: folder, TreeReader.display(path))
    }

    private func applyMetadata(_ entry: TreeEntry, in folder: OpenFile, _ path: String) {
        for problem in EntryWriting.applyMetadata(entry, in: folder, accounts: accounts, isRoot: isRoot) {
            repository.environment.warn("\(path): \(problem)")
        }
    }

    // MARK: Reporting

    /// Runs `body`; where it fails, that is a failure of this path.
    private func attempt<Result>(_ path: [[UInt8]], _ body: () throws(SystemError) -> Result) -> Result? {
        do throws(SystemError) {
            return try body()
        } catch {
            fail(path, error.description, isDamage: false)
            return nil
        }
    }

    private func fail(_ path: [[UInt8]], _ problem: String, isDamage: Bool) {
        fail(TreeReader.display(path), problem, isDamage: isDamage)
    }

    func fail(_ path: String, _ problem: String, isDamage: Bool) {
        failures.append(RestoreFailure(path: path, problem: problem, isDamage: isDamage))
    }
}
