import FileIO
import Glibc

/// OpenSSH's server on a loopback port, with keys of its own, for SFTP alone.
package final class SSHServer: Sendable {
    private let process: ServerProcess
    /// The account that may log in: the one that runs the tests.
    package let user: String

    package var port: UInt16 { process.port }
    /// Where the keys and configurations are.
    package var folder: BytePath { process.folder }

    /// - Parameters:
    ///   - subsystem: what serves SFTP.
    ///   - user: another account than that of the tests, which only root can serve.
    package init(subsystem: String = "internal-sftp", user: String? = nil) throws {
        self.user = user ?? SSHServer.ownName
        process = try ServerProcess.start("/bin/bash") { port, folder in
            ["-c", SSHServer.script, "sshd", folder.display, String(port), subsystem]
        }
    }

    private static var ownName: String {
        getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    }

    /// Makes keys and configurations, then becomes the server. `user_key` may log in, `wrong_key` may not; `wrong_hosts`
    /// knows the server by another key, `no_hosts` by none.
    private static let script = """
        set -e
        cd "$1"
        umask 022
        chmod 755 .
        for key in host_key user_key wrong_key; do ssh-keygen -q -t ed25519 -N '' -C test -f "$key"; done
        cp user_key.pub authorized_keys
        echo "[127.0.0.1]:$2 $(cut -d ' ' -f 1,2 host_key.pub)" >known_hosts
        echo "[127.0.0.1]:$2 $(cut -d ' ' -f 1,2 wrong_key.pub)" >wrong_hosts
        : >no_hosts
        cat >sshd_config <<END
        Port $2
        ListenAddress 127.0.0.1
        HostKey $1/host_key
        PidFile $1/sshd.pid
        AuthorizedKeysFile $1/authorized_keys
        StrictModes no
        UsePAM no
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        PermitRootLogin yes
        MaxStartups 100
        Subsystem sftp $3
        END
        cat >ssh_config <<END
        IdentitiesOnly yes
        IdentityAgent none
        GlobalKnownHostsFile none
        StrictHostKeyChecking yes
        UpdateHostKeys no
        END
        if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi
        exec /usr/sbin/sshd -D -e -f sshd_config
        """

    /// The command that connects: this machine's own configuration and keys are left out of it.
    ///
    /// - Parameters:
    ///   - key: the file with the key that logs in.
    ///   - hosts: the file with the host keys that are known.
    package func command(key: String = "user_key", hosts: String = "known_hosts") -> String {
        "ssh -F \(folder)/ssh_config -i \(folder)/\(key) -o UserKnownHostsFile=\(folder)/\(hosts)"
    }

    /// Kills the processes of all connections that stand now; the server goes on.
    package func killSessions() throws {
        let server = try number()
        for name in try DirectoryListing(of: OpenFile.open("/proc", .readOnly, .directory)) {
            guard let process = pid_t(String(decoding: name, as: UTF8.self)), SSHServer.parent(of: process) == server
            else { continue }
            Glibc.kill(process, SIGKILL)
        }
    }

    /// Kills the server and all connections; its keys stay, so that clients can find out.
    package func kill() throws {
        try killSessions()
        Glibc.kill(try number(), SIGKILL)
        while LoopbackPort.answers(port) { usleep(1000) }
    }

    private func number() throws -> pid_t {
        let text = String(decoding: try OpenFile.open(folder.appending("sshd.pid")).readAll(limit: 100), as: UTF8.self)
        guard let number = pid_t(text.filter(\.isNumber)) else { throw ServerFailure("sshd.pid holds \(text)") }
        return number
    }

    private static func parent(of process: pid_t) -> pid_t? {
        guard let bytes = try? OpenFile.open(BytePath("/proc/\(process)/stat")).readAll(limit: 4096) else { return nil }
        // The name of the program, in brackets, may hold anything.
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
        return fields.flatMap { $0.count > 1 ? pid_t($0[1]) : nil }
    }
}
