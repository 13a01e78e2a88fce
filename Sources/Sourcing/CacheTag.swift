import FileIO

/// The mark of folders that hold nothing but a cache (Cache Directory Tagging Specification, bford.info/cachedir).
package enum CacheTag {
    package static let fileName = Array("CACHEDIR.TAG".utf8)
    private static let signature = Array("Signature: 8a477f597d28d172789f06886806bc55".utf8)

    /// Whether the folder has a regular file ``fileName`` that begins with the signature; one that cannot be read counts
    /// as none.
    package static func isIn(_ directory: OpenFile) -> Bool {
        guard let file = try? directory.openExisting(fileName),
            (try? FileMetadata.read(of: file))?.kind == .regular
        else { return false }
        var start = [UInt8](repeating: 0, count: signature.count)
        let count = try? start.withUnsafeMutableBytes { try file.readFully(into: $0, at: 0) }
        return count == signature.count && start == signature
    }
}
