import Primitives

/// How rclone is called: pure words.
struct RcloneCommand: Sendable {
    /// The path of rclone.
    var program: String
    /// The remote with the path in it.
    var remote: String
    /// What the user wants it to be given.
    var furtherArguments: [String]

    /// Listings are never remembered, since others write too; and what is deleted is deleted, not moved to a bin, where it
    /// would still cost.
    private static let fixedArguments = ["--cache-objects=false", "--b2-hard-delete", "--drive-use-trash=false"]

    /// The words that start a server at an address.
    func serving(at address: RcloneAddress) -> [String] {
        [program, "serve", "restic", "--addr", address.argument] + RcloneCommand.fixedArguments + furtherArguments
            + ["--", remote]
    }

    /// The words that show the remotes and their kinds, a line each: "onedrive:  onedrive".
    var listingRemotes: [String] { ["listremotes", "--long"] + furtherArguments }

    /// The name of the remote before its path and parameters; `nil` where the text is a path or names a kind (":s3:…").
    static func remoteName(_ remote: String) -> String? {
        guard let colon = remote.firstIndex(of: ":"), colon != remote.startIndex else { return nil }
        let name = remote[..<colon].prefix { $0 != "," }
        return name.isEmpty || name.contains("/") ? nil : String(name)
    }

    /// The kind that is named in place of a remote: "s3" in ":s3,provider=Minio:bucket"; "local" for a path.
    static func kindInPlace(_ remote: String) -> String? {
        if remote.hasPrefix(":") { return String(remote.dropFirst().prefix { $0 != "," && $0 != ":" }) }
        return remoteName(remote) == nil ? "local" : nil
    }

    /// The kind of a remote in the output of ``listingRemotes``.
    static func kind(of name: String, in listing: String) -> String? {
        for line in listing.split(separator: "\n") where line.hasPrefix(name + ":") {
            return line.dropFirst(name.count + 1).split(separator: " ").joined(separator: " ")
        }
        return nil
    }

    /// The kinds whose listings show at once what was written and deleted before.
    private static let consistentKinds: Set<String> = [
        "local", "memory", "sftp", "ftp", "smb", "hdfs", "webdav", "s3", "azureblob", "azurefiles", "b2", "dropbox",
        "google cloud storage", "googlecloudstorage", "gcs", "google", "oracleobjectstorage", "storj",
    ]

    /// Seconds after which a listing surely shows what was written before.
    ///
    /// Of kinds that do not promise it, and of those that stand before another (crypt, alias, union), which hide what is
    /// behind, some seconds are assumed: Google Drive and OneDrive seldom need more than two.
    static func visibilityDelay(ofKind kind: String?) -> Double {
        kind.map { consistentKinds.contains($0) } ?? false ? 0 : 5
    }
}
