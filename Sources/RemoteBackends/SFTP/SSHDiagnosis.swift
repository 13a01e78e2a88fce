import Primitives
import Sourcing
import Transfers

/// What the end of an `ssh` means, from what it wrote to standard error.
enum SSHDiagnosis {
    /// - Parameters:
    ///   - lines: the end of standard error.
    ///   - status: how the process ended.
    ///   - place: of the repository.
    ///   - hadAnswered: whether SFTP was spoken before.
    static func failure(
        lines: [String], status: ExitStatus, place: String, hadAnswered: Bool
    ) -> SFTPFailure {
        let problem =
            "ssh \(status.explanation)" + (lines.isEmpty ? "" : ": " + lines.suffix(6).joined(separator: " / "))
        if hadAnswered { return .disconnected(TransferFailure(.brokenOff, problem)) }
        let text = lines.joined(separator: "\n")
        for (phrases, advice) in finalReasons where phrases.contains(where: text.contains) {
            return .failed(VarveError(.storage, "cannot reach \(place): \(problem)", advice: advice))
        }
        if text.contains("Could not resolve hostname") {
            return .disconnected(TransferFailure(.unresolvable, problem))
        }
        return .disconnected(TransferFailure(.unreachable, problem))
    }

    /// What OpenSSH's client says where another attempt would end alike, and what to do about it. The first that fits counts.
    private static let finalReasons: [(phrases: [String], advice: String)] = [
        (
            ["REMOTE HOST IDENTIFICATION HAS CHANGED"],
            "the server shows another host key than before: make sure that it is the right server, then replace its line in "
                + "known_hosts (ssh-keygen -R HOST)"
        ),
        (
            ["Host key verification failed", "No ED25519 host key is known", "host key is known for"],
            "log in by ssh once by hand, compare the fingerprint with the server's, and let ssh remember the host key"
        ),
        (
            ["Permission denied (", "Too many authentication failures", "No supported authentication methods"],
            "let ssh log in without a password: a key in the account's authorized_keys that an agent holds or that has no "
                + "passphrase; try `ssh -o BatchMode=yes`"
        ),
        (
            ["subsystem request failed"],
            "the server's SSH offers no SFTP: switch it on there (Subsystem sftp internal-sftp)"
        ),
        (
            [
                "Bad configuration option", "terminating,", "unknown option", "illegal option",
                "Can't open user config file",
                "Bad owner or permissions",
            ],
            "correct the configuration of ssh on this machine, or the command given by VARVE_SSH"
        ),
        (
            ["no matching host key type", "no matching key exchange", "no matching cipher", "no matching MAC"],
            "the server is too old or too new for this ssh: allow its algorithms in the configuration of ssh"
        ),
    ]
}
