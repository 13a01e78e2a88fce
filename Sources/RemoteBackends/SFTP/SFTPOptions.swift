import Primitives
import Sourcing
import Threads
import Transfers

/// Where a repository is that is reached over SFTP, and how.
package struct SFTPOptions: Sendable {
    package var location: SFTPLocation
    /// The most `ssh` processes at once; each may use a CPU of its own for its encryption.
    package var connections = 3
    /// The program, with arguments, that connects.
    package var sshCommand = "ssh"
    /// The variables that the program gets.
    package var environment: ProcessEnvironment = .inherited()
    /// In bytes a second over all connections; `nil` for no limit.
    package var uploadLimit: UInt64?
    package var downloadLimit: UInt64?
    package var retries = RetryPolicy()
    package var warn: @Sendable (String) -> Void = { _ in }
    /// Breaks off what is in flight; what is asked afterwards is still tried, so that who was cancelled can clean up.
    package var cancellation = Cancellation()
    package var clock: any Clock = SystemClock()
    package var random: any RandomBytes = SystemRandom()

    package init(_ location: SFTPLocation) { self.location = location }

    init(_ location: SFTPLocation, _ options: BackendOptions) {
        self.location = location
        // Each connection serves two operations well.
        connections = max((options.connections + 1) / 2, 1)
        sshCommand = options.sshCommand
        environment = options.processEnvironment
        uploadLimit = options.uploadLimit
        downloadLimit = options.downloadLimit
        warn = options.warn
        cancellation = options.cancellation
        clock = options.clock
        random = options.random
    }
}
