import Glibc

/// The names in a folder, without "." and "..", sorted by their bytes.
///
/// They lie in one array, so that a million names cost their own length and 9 bytes each.
package struct DirectoryListing: Sendable {
    /// The names, each ended by a NUL.
    private let arena: [UInt8]
    /// Where each name begins, in sorted order.
    private let starts: [Int]

    /// Reads the folder. Two readings of one `OpenFile` at the same time disturb each other.
    package init(of directory: OpenFile) throws(SystemError) {
        // A stream closes its descriptor, and opening "." anew would need the right to search the folder.
        let copy = try directory.perform("read") { fcntl($0, F_DUPFD_CLOEXEC, 0) }
        guard let stream = fdopendir(copy) else {
            let code = errno
            _ = close(copy)
            throw directory.failure("read", code)
        }
        defer { closedir(stream) }
        // The copy shares its position with the original, which may have been read before.
        rewinddir(stream)

        var arena: [UInt8] = []
        var starts: [Int] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw directory.failure("read", errno) }
                break
            }
            withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                let start = UnsafeRawPointer(tuple).assumingMemoryBound(to: CChar.self)
                if strcmp(start, ".") == 0 || strcmp(start, "..") == 0 { return }
                starts.append(arena.count)
                arena.append(contentsOf: UnsafeRawBufferPointer(start: start, count: strlen(start) + 1))
            }
        }
        self.init(arena: arena, unsorted: starts)
    }

    private init(arena: [UInt8], unsorted: [Int]) {
        var starts = unsorted
        arena.withUnsafeBufferPointer { buffer in
            guard let base = UnsafeRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: CChar.self) else { return }
            starts.sort { strcmp(base + $0, base + $1) < 0 }
        }
        // Exact copies: growing by doubling leaves up to half of an array unused.
        self.arena = arena.withUnsafeBufferPointer(Array.init)
        self.starts = starts.withUnsafeBufferPointer(Array.init)
    }
}

extension DirectoryListing: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { starts.count }

    package subscript(position: Int) -> [UInt8] {
        let start = starts[position]
        return arena.withUnsafeBufferPointer { buffer in
            let rest = UnsafeBufferPointer(rebasing: buffer[start...])
            return Array(rest[..<strnlen(UnsafeRawPointer(rest.baseAddress.unsafelyUnwrapped), rest.count)])
        }
    }
}
