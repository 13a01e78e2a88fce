import FileIO
import Glibc

/// Ports of 127.0.0.1.
package enum LoopbackPort {
    /// A port on which nobody listens.
    ///
    /// It lies below those that the kernel gives to outgoing connections, so that none of these takes it before the server
    /// does. Another server still may.
    package static func free() throws -> UInt16 {
        while true {
            let port = UInt16.random(in: 12_000..<32_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw SystemError(errnoCode: errno, operation: "make", path: "a socket") }
            defer { close(descriptor) }
            if onAddress(port, { bind(descriptor, $0, $1) }) == 0 { return port }
            if errno != EADDRINUSE, errno != EACCES {
                throw SystemError(errnoCode: errno, operation: "bind", path: "port \(port)")
            }
        }
    }

    /// Whether a server takes connections there.
    package static func answers(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return onAddress(port) { connect(descriptor, $0, $1) } == 0
    }

    private static func onAddress(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
