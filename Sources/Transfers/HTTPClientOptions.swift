import FileIO

/// How an ``HTTPClient`` reaches servers.
package struct HTTPClientOptions: Sendable {
    /// How many requests are under way at once, each on a connection of its own unless the server speaks HTTP/2; further
    /// ones wait. At least 1.
    package var connections = 8
    /// A file with certificates of authorities, in PEM, that is believed instead of the system's.
    package var caCertificate: BytePath?
    /// Believes every certificate. Whoever sits on the way can then read and change everything.
    package var insecureTLS = false
    /// Bytes of request bodies per second, all requests together; 0 for no limit.
    package var uploadLimit: UInt64 = 0
    /// Bytes of response bodies per second, all requests together; 0 for no limit.
    package var downloadLimit: UInt64 = 0
    /// A socket of this machine to which all requests go, whatever host their URLs name.
    package var unixSocket: BytePath?
    /// Whether the environment's proxies (`https_proxy`, `no_proxy` and so on) are used. A unix socket has none.
    package var usesProxies = true
    /// Seconds until a connection must stand, TLS included.
    package var connectTimeout = 15.0
    /// Seconds without a byte in either direction after which an attempt ends. Waiting for a rate limit does not count.
    package var stallTimeout = 60.0
    /// Seconds that an attempt may take, and one more for every 4 KiB of bodies that went; so nobody can draw it out by a
    /// byte now and then. Waiting for a rate limit does not count.
    package var attemptTimeout = 300.0
    package var userAgent = "varve"

    package init() {}

    /// Bytes per second.
    static let leastSpeed = 4096.0
}
