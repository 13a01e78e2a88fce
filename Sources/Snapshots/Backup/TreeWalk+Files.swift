import FileIO
import Glibc
import Primitives
import Threads

/// Reading the content of files.
extension TreeWalk {
    /// Feeds a file that was read ahead.
    func feedFile(
        _ finding: FilesAhead.Finding, _ buffer: Buffer, _ status: FileMetadata, in folder: OpenFile,
        known: TreeEntry?
    ) throws(VarveError) {
        guard let content = attempt({ () throws(SystemError) in try finding.content.get() }) else { return }
        guard let (opened, count) = content else {
            return try feedFile(finding.entry, status, in: folder, known: known)
        }
        try beginContent(known)
        var rest = buffer.prefix(count)[...]
        _ = try feeder.feed { room throws(SystemError) in
            let step = min(room.count, rest.count)
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(step)))
            rest = rest.dropFirst(step)
            return step
        }
        try finish(finding.entry, opened.file, status)
    }

    /// Feeds a file.
    ///
    /// - Parameter known: what it was in the parent.
    func feedFile(
        _ entry: TreeEntry, _ status: FileMetadata, in folder: OpenFile, known: TreeEntry?
    ) throws(VarveError) {
        let opened = attempt { () throws(SystemError) in try OpenedFile(entry.name, status, in: folder) }
        guard let opened else { return }
        try beginContent(known)
        var entry = entry
        let result: Result<UInt64, SystemError>
        if let extents = opened.extents {
            entry.sparse = TreeEntry.SparseExtents(
                size: UInt64(opened.size), extents: extents.map { UInt64($0.lowerBound)..<UInt64($0.upperBound) })
            result = try feed(opened.file, extents: extents)
        } else {
            if opened.size > 8 << 20 { opened.file.adviseSequential() }
            result = try feed(opened.file)
        }
        switch result {
        case .failure(let error): report(error)
        case .success: try finish(entry, opened.file, status)
        }
    }

    private func finish(_ entry: TreeEntry, _ file: OpenFile, _ status: FileMetadata) throws(VarveError) {
        let after = try? FileMetadata.read(of: file)
        if after?.size != status.size || after?.modified != status.modified {
            session.repository.environment.warn(
                "\(file.path.display) changed while it was read: its copy may mix old and new")
        }
        try feeder.emit(.endContent(entry))
    }

    private func feed(_ file: OpenFile) throws(VarveError) -> Result<UInt64, SystemError> {
        let cancellation = session.cancellation
        var isCancelled = false
        let result = try feeder.feed { room throws(SystemError) in
            if cancellation.isCancelled {
                isCancelled = true
                return 0
            }
            return try file.read(into: room)
        }
        if isCancelled { try cancellation.check() }
        return result
    }

    /// Reads the parts of a sparse file one after the other.
    private func feed(_ file: OpenFile, extents: [Range<Int64>]) throws(VarveError) -> Result<UInt64, SystemError> {
        let cancellation = session.cancellation
        var rest = extents[...]
        var isCancelled = false
        let result = try feeder.feed { room throws(SystemError) in
            guard let extent = rest.first, !cancellation.isCancelled else {
                isCancelled = cancellation.isCancelled
                return 0
            }
            let part = UnsafeMutableRawBufferPointer(
                rebasing: room.prefix(Int(min(Int64(room.count), extent.upperBound - extent.lowerBound))))
            let count = try file.read(into: part, at: extent.lowerBound)
            if count == 0 {
                // Cut short since its parts were listed: what is missing must not shift the rest.
                throw SystemError(errnoCode: ESTALE, operation: "read", path: file.path.display)
            }
            rest.removeFirst()
            if extent.lowerBound + Int64(count) < extent.upperBound {
                rest.insert(extent.lowerBound + Int64(count)..<extent.upperBound, at: rest.startIndex)
            }
            return count
        }
        if isCancelled { try cancellation.check() }
        return result
    }
}
