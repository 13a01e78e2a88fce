import Backends
import FileIO
import Primitives

extension BackendLocation {
    /// The backend at the place that `text` names. Of servers nothing is asked yet; rclone and ssh are started.
    ///
    /// - Throws: kind `usage` where the text or an option makes no sense, `local` where a file that an option names cannot be
    ///   read, `storage` where a program cannot reach the place.
    package static func backend(
        _ text: String, options: BackendOptions = BackendOptions()
    ) throws(VarveError) -> any Backend {
        try BackendLocation(parsing: text).backend(options)
    }

    private func backend(_ options: BackendOptions) throws(VarveError) -> any Backend {
        switch self {
        case .local(let path):
            return try reportingErrors(as: .local) { () throws(SystemError) in
                LocalBackend(try BytePath(path).absolute())
            }
        case .rest(let location): return try RESTBackend(location, options)
        case .rclone(let remote): return try RcloneBackend.make(remote, shown: shown, options)
        case .s3(let location): return try S3Backend(location, options)
        case .sftp(let location): return try SFTPBackend(SFTPOptions(location, options))
        }
    }
}
