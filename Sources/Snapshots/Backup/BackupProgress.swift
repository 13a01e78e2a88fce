/// How far a backup has come.
package struct BackupProgress: Sendable, Equatable {
    /// Bytes that were read.
    package var bytes: UInt64 = 0
    /// Bytes of files that were not read, because they have not changed.
    package var unchangedBytes: UInt64 = 0
    /// Bytes read that were not known.
    package var newBytes: UInt64 = 0
    package var files: UInt64 = 0
    package var unchangedFiles: UInt64 = 0
    package var folders: UInt64 = 0
    /// What could not be read.
    package var errors: UInt64 = 0
    /// What is being read now.
    package var current = ""

    package init() {}

    mutating func add(_ other: BackupProgress) {
        bytes += other.bytes
        unchangedBytes += other.unchangedBytes
        newBytes += other.newBytes
        files += other.files
        unchangedFiles += other.unchangedFiles
        folders += other.folders
    }
}
