import Primitives
import Sourcing
import Threads
import Transfers

/// Where a repository is that is reached over SFTP, and how.
package struct SFTPOptions: Sendable {
    /// `nil` for what ssh's configuration says.
    package var user: String?
    /// A name, an address, or an alias of ssh's configuration.
    package var host: String
    /// `nil` for what ssh's configuration says.
    package var port: Int?
    /// The folder of the repository. Relative ones begin where the server puts the account, mostly at its home.
    package var path: String
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

    package init(user: String? = nil, host: String, port: Int? = nil, path: String) {
        self.user = user
        self.host = host
        self.port = port
        self.path = path
    }

    /// The place as people write it.
    var location: String {
        let account = (user.map { $0 + "@" } ?? "") + (host.contains(":") ? "[\(host)]" : host)
        return port.map { "sftp://\(account):\($0)/\(path)" } ?? "sftp:\(account):\(path)"
    }
}
