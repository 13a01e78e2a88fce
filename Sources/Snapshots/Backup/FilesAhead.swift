import FileIO
import Glibc
import Primitives
import Threads

/// A file that was opened to be read, with what is known of it.
struct OpenedFile: Sendable {
    let file: OpenFile
    let size: Int64
    /// The parts that hold data, where the file has holes.
    let extents: [Range<Int64>]?

    /// A hole must be so long to count as one, and a file may have so many parts.
    private static let minimumHole: Int64 = 64 << 10
    private static let extentLimit = 4096

    /// Opens what is still the regular file that `status` is of.
    init(_ name: [UInt8], _ status: FileMetadata, in folder: OpenFile) throws(SystemError) {
        file = try OpenFile.openAt(directory: folder, name: name, .readOnly, [.noFollow, .noAccessTime, .nonBlocking])
        let now = try FileMetadata.read(of: file)
        guard now.kind == .regular, now.inode == status.inode else {
            throw SystemError(errnoCode: ESTALE, operation: "read", path: file.path.display)
        }
        size = now.size
        let isSparse = now.allocatedBytes < now.size
        extents = isSparse ? try file.dataExtents(minimumHole: Self.minimumHole, limit: Self.extentLimit) : nil
    }
}

/// Opens and reads small files on several threads before the walk comes to them: opening one costs more than its bytes.
final class FilesAhead: Sendable {
    /// What was found out about a file.
    struct Finding: Sendable {
        /// The entry with its extended attributes, and what the user should know of them.
        let entry: TreeEntry
        let warnings: [String]
        /// The file and all its bytes, or why it cannot be read; `nil` where it must be read as a large one is.
        let content: Result<(file: OpenedFile, bytes: Int)?, SystemError>
    }

    /// A file on its way. Whoever has one gives it back.
    struct Reading: Sendable {
        let buffer: Buffer
        fileprivate let promise = Promise<Finding>()

        func finding() throws(VarveError) -> Finding { try promise.value() }
    }

    /// Larger files are not read ahead.
    private static let sizeLimit = 64 << 10
    /// So many entries of a folder the walk looks ahead.
    static let window = 24
    /// And so many files may be on their way in all: they bound memory and open files.
    private static let limit = 64

    private let pool: WorkerPool
    private let buffers = BufferPool(count: limit, capacity: sizeLimit + 1)

    init(width: Int) { pool = WorkerPool(name: "files", width: width, backlog: FilesAhead.limit) }

    /// Begins to read a file; `nil` where it is not small, or too much is on its way.
    func read(_ entry: TreeEntry, _ status: FileMetadata, in folder: OpenFile) -> Reading? {
        guard status.kind == .regular, status.size <= FilesAhead.sizeLimit, let buffer = buffers.takeIfFree() else {
            return nil
        }
        let reading = Reading(buffer: buffer)
        pool.submit { _ in
            var entry = entry
            let warnings = EntryMetadata.addAttributes(to: &entry, in: folder)
            let content = Result { () throws(SystemError) in
                try FilesAhead.content(of: entry, status, in: folder, into: buffer)
            }
            reading.promise.fulfil(.success(Finding(entry: entry, warnings: warnings, content: content)))
        }
        return reading
    }

    private static func content(
        of entry: TreeEntry, _ status: FileMetadata, in folder: OpenFile, into buffer: Buffer
    ) throws(SystemError) -> (file: OpenedFile, bytes: Int)? {
        let opened = try OpenedFile(entry.name, status, in: folder)
        guard opened.extents == nil, opened.size <= sizeLimit else { return nil }
        // One byte more than there should be: a file that grows is left to the way of large ones.
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<(Int(opened.size) + 1)])
        let count = try opened.file.read(into: room)
        return count == Int(opened.size) ? (opened, count) : nil
    }

    /// Takes the room of a reading back.
    func put(_ reading: Reading) { buffers.put(reading.buffer) }

    /// Ends the threads.
    func finish() { pool.finish() }
}
