import FileIO
import Glibc
import Primitives
import Sourcing
import Threads

/// What a backend needs to know beside where it is.
package struct BackendOptions: Sendable {
    /// How many requests may run at once.
    package var connections = 6
    /// In bytes a second over all connections; `nil` for no limit.
    package var uploadLimit: UInt64?
    package var downloadLimit: UInt64?
    /// A file with certificates (PEM) to trust beside those of the system.
    package var caCertificate: BytePath?
    /// Whether any certificate will do: for trying out only.
    package var acceptsAnyCertificate = false
    /// Of the environment: credentials, and where programs are.
    package var variables: @Sendable (_ name: String) -> String?
    /// What rclone and ssh get as their environment; the passwords of repositories are not in it.
    package var processEnvironment: ProcessEnvironment
    /// The storage class that objects get on S3; `nil` for the bucket's default.
    package var storageClass: String?
    /// How URLs name a bucket of S3.
    package var s3Addressing = S3Addressing.automatic
    /// The region of the bucket; `nil` for what the environment or the server says.
    package var region: String?
    /// Gets text about what is odd and does not end the work.
    package var warn: @Sendable (String) -> Void
    /// Ends every wait and every transfer.
    package var cancellation: Cancellation
    package var clock: any Clock
    package var random: any RandomBytes
    /// Where sockets and other short-lived files may be.
    package var temporaryRoot = BytePath("/tmp")

    /// Variables that hold or lead to secrets which no other program needs.
    private static let secretVariables = ["VARVE_", "VARVE_NEW_", "VARVE_FROM_", "VARVE_TO_", "VARVE_REST_"].flatMap {
        prefix in ["PASSWORD", "PASSWORD_FILE", "PASSWORD_COMMAND"].map { prefix + $0 }
    }

    /// By default the environment is that of this process, and warnings go nowhere.
    package init(
        variables: (@Sendable (String) -> String?)? = nil, processEnvironment: ProcessEnvironment = .inherited(),
        cancellation: Cancellation = Cancellation(), clock: any Clock = SystemClock(),
        random: any RandomBytes = SystemRandom(), warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.variables =
            variables ?? { name in processEnvironment.value(of: name).map { String(decoding: $0, as: UTF8.self) } }
        self.processEnvironment = processEnvironment.dropping(BackendOptions.secretVariables)
        self.cancellation = cancellation
        self.clock = clock
        self.random = random
        self.warn = warn
        if let folder = self.variables("TMPDIR"), !folder.isEmpty { temporaryRoot = BytePath(folder) }
    }

    /// A variable that is set and not empty.
    func variable(_ name: String) -> String? { variables(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// The program that reaches remotes of rclone.
    package var rcloneProgram: String { variable("VARVE_RCLONE") ?? "rclone" }

    /// The program, with arguments, that reaches hosts for `sftp:`.
    package var sshCommand: String { variable("VARVE_SSH") ?? "ssh" }
}
