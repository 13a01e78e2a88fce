import Glibc

/// A file mapped into memory for reading; unmapped with the last reference.
///
/// A page is read when it is first touched. Where another process cuts the file short meanwhile, touching what is gone ends
/// this process with SIGBUS: map only files that are replaced, never cut.
package final class MappedFile: Sendable {
    /// The bytes of the file. Valid only while this object is referenced; see ``withBytes(_:)``.
    package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// The file itself, for parts that should not stay in memory.
    package let file: OpenFile

    /// Maps all of `file`; an empty file maps to no bytes.
    package init(_ file: OpenFile) throws(SystemError) {
        self.file = file
        let count = Int(try file.size())
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = try file.withDescriptor { descriptor throws(SystemError) in
            let address = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
            guard let address, address != MAP_FAILED else { throw file.failure("map", errno) }
            return address
        }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
    }

    /// Opens and maps the file at `path`.
    package convenience init(_ path: BytePath) throws(SystemError) {
        try self.init(OpenFile.open(path))
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }

    package var count: Int { bytes.count }

    /// Lends the bytes to `body`, keeping the mapping alive until it returns.
    package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }
}
