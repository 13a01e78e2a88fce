import FileIO
import Glibc
import Primitives

/// Where an `rclone serve restic` of our own listens, out of everybody else's reach.
enum RcloneAddress: Sendable {
    /// A socket in a folder that only this user may enter.
    case socket(BytePath)
    /// A port of 127.0.0.1, for versions of rclone that know no sockets (before 1.61): with a password that nobody else knows.
    case port(UInt16, WebCredentials)

    /// The value of `--addr`.
    var argument: String {
        switch self {
        case .socket(let path): "unix://" + path.display
        case .port(let port, _): "127.0.0.1:\(port)"
        }
    }

    /// The URL of the repository.
    var base: String {
        switch self {
        case .socket: "http://localhost/"
        case .port(let port, _): "http://127.0.0.1:\(port)/"
        }
    }

    var socket: BytePath? {
        if case .socket(let path) = self { path } else { nil }
    }

    var credentials: WebCredentials? {
        if case .port(_, let credentials) = self { credentials } else { nil }
    }

    /// What rclone gets in its environment: no password may stand in its arguments, which everybody can read.
    var variables: [(name: String, value: String)] {
        guard let credentials else { return [] }
        // Its notice that it serves is waited for.
        return [
            ("RCLONE_USER", credentials.user), ("RCLONE_PASS", credentials.password), ("RCLONE_LOG_LEVEL", "NOTICE"),
        ]
    }

    /// Variables that would send that notice elsewhere.
    static let unwantedVariables = ["RCLONE_LOG_FILE", "RCLONE_SYSLOG", "RCLONE_USE_JSON_LOG", "RCLONE_ADDR"]

    /// A port on which nobody listens just now, with new credentials.
    static func freePort(_ random: any RandomBytes) throws(VarveError) -> RcloneAddress {
        let password = Hex.encode(random.bytes(24))
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        let problem = errno
        if descriptor >= 0 { close(descriptor) }
        guard code == 0 else {
            throw SystemError(errnoCode: problem, operation: "find", path: "a free port").asVarveError(.local)
        }
        return .port(UInt16(bigEndian: address.sin_port), WebCredentials(user: "varve", password: password))
    }

    /// The longest path that a socket may have, in bytes.
    static let socketPathLimit = 107

    /// Whether a server takes connections at a socket.
    static func answers(_ path: BytePath) -> Bool {
        guard path.bytes.count <= socketPathLimit else { return false }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        } == 0
    }
}
