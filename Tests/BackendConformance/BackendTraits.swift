import Backends
import Glibc

/// What sets a backend apart from others, where a promise must know it, and what only its own test can do to it.
package struct BackendTraits: Sendable {
    /// Every operation goes to a server: promises make do with fewer of them.
    package var isRemote = false
    /// So many objects that a listing has several pages would take a quarter of an hour to put: fewer must do even in full size.
    package var isSlowToFill = false
    /// The storage refuses an object whose bytes do not belong to its name.
    package var refusesWrongHash = false
    /// An object that is put a second time is there meanwhile.
    package var replacesAtOnce = true
    /// The storage can rename, so that objects can be set aside.
    package var canSetAside = true

    /// Opens the same place with another backend, as another machine does.
    package var reopen: (@Sendable () throws -> any Backend)?
    /// Cancels the work that the backend was made for.
    package var cancel: (@Sendable () -> Void)?
    /// Stores bytes under a name that is not varve's, where an object of that folder whose name begins so would lie.
    package var plant: (@Sendable (_ folder: StorageFolder, _ name: String, _ bytes: [UInt8]) throws -> Void)?

    package init() {}

    /// Those of a storage behind a server.
    package static func remote() -> BackendTraits {
        var traits = BackendTraits()
        traits.isRemote = true
        return traits
    }

    /// Whether promises are to be tried in full size, which takes minutes with some servers.
    package static let isThorough = getenv("VARVE_LARGE_TESTS") != nil

    /// `full` times of something, or fewer where each is a request.
    func count(_ full: Int, remote: Int) -> Int { isRemote && !BackendTraits.isThorough ? remote : full }
}
