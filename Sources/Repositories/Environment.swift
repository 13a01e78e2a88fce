import FileIO
import Glibc
import Primitives
import Sealing
import Threads

/// What a repository needs of the world around it; tests put their own in.
package struct RepositoryEnvironment: Sendable {
    package var clock: any Clock
    package var random: any RandomBytes
    /// The folder for all caches; `nil` for a temporary one.
    package var cacheRoot: BytePath?
    /// How much of a distant repository's packs is kept in the cache.
    package var packCacheLimit = PackCacheLimit.off
    /// Where a temporary cache is made.
    package var temporaryRoot: BytePath
    /// Gets text about what is odd and does not end the work.
    package var warn: @Sendable (String) -> Void
    /// The cost of new passwords.
    package var passwordParameters: ScryptParameters
    /// How long a session waits between its heartbeats, in seconds; the format wants one every 5 minutes at least.
    package var heartbeatInterval = 120.0
    /// Waits so many seconds, or until the work is cancelled.
    package var sleep: @Sendable (_ seconds: Double, _ cancellation: Cancellation) -> Void = { seconds, cancellation in
        cancellation.wait(atMost: seconds)
    }
    /// Waits for the exclusive lock of a file.
    package var lockFile: @Sendable (OpenFile) throws(SystemError) -> Void = { file throws(SystemError) in
        try file.lockExclusively()
    }
    /// Where backups see the root of the file system.
    package var fileRoot = BytePath("/")
    /// What a backup takes the status of a file for.
    package var fileStatus: @Sendable (FileMetadata) -> FileMetadata = { $0 }
    package var host: String
    package var user: String
    /// Stands in session anchors, for people who look at them.
    package var processID = Int(getpid())

    package init(
        clock: any Clock = SystemClock(), random: any RandomBytes = SystemRandom(), cacheRoot: BytePath?,
        temporaryRoot: BytePath = BytePath("/tmp"), host: String, user: String,
        passwordParameters: ScryptParameters = .standard, warn: @escaping @Sendable (String) -> Void
    ) {
        self.clock = clock
        self.random = random
        self.cacheRoot = cacheRoot
        self.temporaryRoot = temporaryRoot
        self.host = host
        self.user = user
        self.passwordParameters = passwordParameters
        self.warn = warn
    }
}
