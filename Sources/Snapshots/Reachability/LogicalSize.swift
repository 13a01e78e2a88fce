/// What a tree comes to when it is restored.
package struct LogicalSize: Hashable, Sendable {
    /// Files and streams; a file with several names counts for each.
    package var files: UInt64 = 0
    /// Their bytes, holes included.
    package var bytes: UInt64 = 0

    package init(files: UInt64 = 0, bytes: UInt64 = 0) {
        self.files = files
        self.bytes = bytes
    }

    package static func += (a: inout LogicalSize, b: LogicalSize) {
        // A tree may claim sizes of any sum; nothing but a figure depends on it.
        a.files &+= b.files
        a.bytes &+= b.bytes
    }
}
