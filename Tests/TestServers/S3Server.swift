import FileIO

/// A real S3 server on this machine, with the keys of one who may do everything there.
package struct S3Server: Sendable {
    /// "http://127.0.0.1:12345".
    package var endpoint: String { "\(isSecured ? "https" : "http")://127.0.0.1:\(process.port)" }
    /// Whether it speaks TLS, with a certificate of its own.
    private(set) var isSecured = false
    package let keyID: String
    package let secret: String
    package let region = "us-east-1"
    package let process: ServerProcess

    /// OpenStack Swift with its S3 face: the strictest; it checks signatures and the hash of what is sent.
    ///
    /// Four processes, ready after some seconds. A second key, "test:guest" with the secret "guesting", may do nothing.
    package static func openStackSwift() throws -> S3Server {
        var ports: [UInt16] = []
        let process = try ServerProcess.start(
            TestServers.program("python3"), environment: ["PYTHONDONTWRITEBYTECODE": "1"], within: 120,
            answers: { _ in ports.allSatisfy(LoopbackPort.answers) },
            arguments: { port, _ in
                ports = try [port] + (0..<3).map { _ in try LoopbackPort.free() }
                return [TestServers.packageRoot.appending("Tests/TestServers/openstack-swift.py").display]
                    + ports.map(String.init)
            })
        return S3Server(keyID: "test:tester", secret: "testing", process: process)
    }

    /// moto: it plays the most of AWS, and checks no signature.
    package static func moto() throws -> S3Server {
        let process = try ServerProcess.start(
            TestServers.program("moto_server"), environment: ["PYTHONDONTWRITEBYTECODE": "1"],
            arguments: { port, _ in ["-H", "127.0.0.1", "-p", "\(port)"] })
        return S3Server(keyID: "AKIAVARVETEST", secret: "any", process: process)
    }

    /// moto with a certificate that nobody has signed.
    package static func motoOverTLS() throws -> S3Server {
        let process = try ServerProcess.startSecured(
            TestServers.program("moto_server").display, environment: ["PYTHONDONTWRITEBYTECODE": "1"]
        ) { port in
            ["-H", "127.0.0.1", "-p", "\(port)", "-c", "../certificate.pem", "-k", "../key.pem"]
        }
        var server = S3Server(keyID: "AKIAVARVETEST", secret: "any", process: process)
        server.isSecured = true
        return server
    }

    /// `rclone serve s3`: the laxest; it checks signatures but no hash, and ignores conditions.
    ///
    /// - Parameter fill: puts something below the folder that is served, as BUCKET/KEY, before anybody asks for it.
    package static func rclone(fill: (_ served: BytePath) throws -> Void = { _ in }) throws -> S3Server {
        let (keyID, secret) = ("varve-test", "a-secret-of-tests")
        let process = try ServerProcess.start(
            TestServers.program("rclone"), environment: ["RCLONE_CONFIG": "/dev/null"],
            arguments: { port, folder in
                try folder.appending("served").makeDirectory()
                try fill(folder.appending("served"))
                return [
                    "serve", "s3", "--addr", "127.0.0.1:\(port)", "--auth-key", "\(keyID),\(secret)",
                    folder.appending("served").display,
                ]
            })
        return S3Server(keyID: keyID, secret: secret, process: process)
    }

    /// One for all tests of a process. Who uses it takes a bucket or a prefix of his own.
    package static func sharedOpenStackSwift() throws -> S3Server { try openStackSwiftForAll.get() }
    package static func sharedMoto() throws -> S3Server { try motoForAll.get() }
    package static func sharedRclone() throws -> S3Server { try rcloneForAll.get() }

    private static let openStackSwiftForAll = Result { try openStackSwift() }
    private static let motoForAll = Result { try moto() }
    private static let rcloneForAll = Result { try rclone() }
}
