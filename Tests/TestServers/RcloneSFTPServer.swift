import FileIO

/// `rclone serve sftp` over a folder, on a loopback port.
package final class RcloneSFTPServer: Sendable {
    private let process: ServerProcess

    package var port: UInt16 { process.port }
    /// What it serves as "/".
    package var root: BytePath { process.folder.appending("served") }

    package init() throws {
        let rclone = try TestServers.program("rclone")
        process = try ServerProcess.start("/bin/bash") { port, folder in
            ["-c", RcloneSFTPServer.script, "rclone", folder.display, String(port), rclone.display]
        }
    }

    private static let script = """
        set -e
        cd "$1"
        mkdir served
        for key in host_key user_key; do ssh-keygen -q -t ed25519 -N '' -C test -f "$key"; done
        echo "[127.0.0.1]:$2 $(cut -d ' ' -f 1,2 host_key.pub)" >known_hosts
        exec "$3" serve sftp --config /dev/null --addr "127.0.0.1:$2" --key host_key --authorized-keys user_key.pub \\
            --user tester served
        """

    package var command: String {
        "ssh -F none -i \(process.folder)/user_key -o IdentitiesOnly=yes -o IdentityAgent=none "
            + "-o GlobalKnownHostsFile=none -o UserKnownHostsFile=\(process.folder)/known_hosts"
    }
}
