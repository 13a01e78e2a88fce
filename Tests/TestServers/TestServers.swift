import FileIO
import Glibc

/// Where the programs of servers are, which `tools/test-servers` installs.
package enum TestServers {
    /// The path of a program such as "rclone".
    ///
    /// - Throws: where it is missing, saying how to install it.
    package static func program(_ name: String) throws -> BytePath {
        let folder = try folder
        let path = folder.appending(name)
        guard access(path.display, X_OK) == 0 else {
            throw ServerFailure("there is no \(name) in \(folder): run tools/test-servers")
        }
        return path
    }

    /// `$VARVE_TEST_SERVERS`, else the folder in which `tools/test-servers` puts them.
    package static var folder: BytePath {
        get throws {
            if let given = getenv("VARVE_TEST_SERVERS").map({ String(cString: $0) }), !given.isEmpty {
                return try BytePath(given).absolute()
            }
            return packageRoot.appending(".build/test-servers/bin")
        }
    }

    /// The folder of Package.swift, which this file lies two folders below.
    package static let packageRoot = BytePath(#filePath).parent.parent.parent
}
