import Backends
import FileIO
import Primitives

/// Where a repository is, as people write it: a folder, or another kind of place with its name in front.
package enum BackendLocation {
    private static let otherKinds = ["s3:", "rest:", "rclone:", "sftp:"]

    /// The backend at `text`.
    ///
    /// - Throws: kind `usage` where this varve cannot reach such a place.
    package static func backend(_ text: String) throws(VarveError) -> any Backend {
        if let kind = otherKinds.first(where: { text.hasPrefix($0) }) {
            throw VarveError(
                .usage, "this varve reaches repositories in local folders only, not \(kind)",
                advice: "give the path of a folder")
        }
        let path = text.hasPrefix("local:") ? String(text.dropFirst("local:".count)) : text
        guard !path.isEmpty else { throw VarveError(.usage, "the name of the repository is empty") }
        return try reportingErrors(as: .local) { () throws(SystemError) in LocalBackend(try BytePath(path).absolute()) }
    }
}
