import FileIO

extension ServerProcess {
    /// Starts a server with a certificate for 127.0.0.1 that nobody has signed: `../certificate.pem` and `../key.pem` as it sees
    /// them from its working directory, which has one file, `hello`.
    ///
    /// - Parameter program: a name to be found, or an absolute path.
    package static func startSecured(
        _ program: String, environment: [String: String] = [:], _ arguments: (UInt16) -> [String]
    ) throws -> ServerProcess {
        let script = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=varve test" \
                -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem &&
            mkdir served && echo hello >served/hello && cd served && exec "$@"
            """
        return try start("/bin/bash", environment: environment) { port, _ in
            ["-c", script, "bash", program] + arguments(port)
        }
    }

    /// The certificate of a server that was started with one.
    package var certificate: BytePath { folder.appending("certificate.pem") }
}
