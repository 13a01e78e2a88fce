import FileIO
import Glibc
import Primitives

/// Reading the content of files.
extension TreeWalk {
    /// A hole must be so long to count as one, and a file may have so many parts.
    private static let minimumHole: Int64 = 64 << 10
    private static let extentLimit = 4096

    func feedFile(_ entry: TreeEntry, _ status: FileMetadata, in folder: OpenFile) throws(VarveError) {
        let opened = attempt { () throws(SystemError) in
            let file = try OpenFile.openAt(
                directory: folder, name: entry.name, .readOnly, [.noFollow, .noAccessTime, .nonBlocking])
            let now = try FileMetadata.read(of: file)
            guard now.kind == .regular, now.inode == status.inode else {
                throw SystemError(errnoCode: ESTALE, operation: "read", path: file.path.display)
            }
            let isSparse = now.allocatedBytes < now.size
            let extents = isSparse ? try file.dataExtents(minimumHole: Self.minimumHole, limit: Self.extentLimit) : nil
            return (file: file, size: now.size, extents: extents)
        }
        guard let (file, size, extents) = opened else { return }
        var entry = entry
        if let extents {
            entry.sparse = TreeEntry.SparseExtents(
                size: UInt64(size), extents: extents.map { UInt64($0.lowerBound)..<UInt64($0.upperBound) })
        } else if size > 8 << 20 {
            file.adviseSequential()
        }
        let result: Result<UInt64, SystemError>
        if let extents { result = try feed(file, extents: extents) } else { result = try feed(file) }
        switch result {
        case .failure(let error): report(error)
        case .success:
            let after = try? FileMetadata.read(of: file)
            if after?.size != status.size || after?.modified != status.modified {
                session.repository.environment.warn(
                    "\(file.path.display) changed while it was read: its copy may mix old and new")
            }
            try feeder.emit(.endContent(entry))
        }
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
