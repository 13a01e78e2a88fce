import Backends
import FileIO
import Primitives

extension BackendLocation {
    /// The backend at the place that `text` names. Nothing is asked of a server yet.
    ///
    /// - Throws: kind `usage` where the text or an option makes no sense, `local` where a file that an option names cannot be read.
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
        case .sftp(let location): return try SFTPBackend(SFTPOptions(location, options))
        case .rest, .rclone, .s3: throw notYet()
        }
    }

    private func notYet() -> VarveError {
        VarveError(.usage, "this varve cannot reach \(shown)", advice: "give the path of a folder")
    }
}
