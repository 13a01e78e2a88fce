import CZstd
import Primitives

/// The compression library.
package enum Zstd {
    /// The version number of the library in use, 10504 for 1.5.4; what it writes may differ from version to version.
    package static var versionNumber: UInt32 { ZSTD_versionNumber() }

    /// Name and version of the library in use: "zstd 1.5.4".
    package static var libraryVersion: String { "zstd " + String(cString: ZSTD_versionString()) }

    /// zstd could not even make a context.
    static let outOfMemory = VarveError(
        .local, "there is no memory for zstd", advice: "give varve more", isRetryable: true)

    /// The text of a result that is an error.
    static func errorText(_ result: Int) -> String { String(cString: ZSTD_getErrorName(result)) }
}
