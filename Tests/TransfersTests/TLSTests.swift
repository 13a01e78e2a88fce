import FileIO
import SeededData
import TestServers
import Testing

@testable import Transfers

/// Encryption and HTTP/2, with real servers whose certificate nobody has signed.
@Suite struct TLSTests {
    /// Makes a certificate for 127.0.0.1 in the server's folder and starts the program named after the script.
    private func server(
        _ program: String, _ environment: [String: String] = [:], _ arguments: (UInt16, BytePath) -> [String]
    ) throws -> ServerProcess {
        let script = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=varve test" \
                -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem &&
            mkdir served && echo hello >served/hello && cd served && exec "$@"
            """
        return try ServerProcess.start("/bin/bash", environment: environment) { port, folder in
            ["-c", script, "bash", program] + arguments(port, folder)
        }
    }

    /// Speaks HTTP/1.0.
    private func plainServer() throws -> ServerProcess {
        try server("openssl") { port, _ in
            ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", "../certificate.pem", "-key", "../key.pem", "-WWW"]
        }
    }

    /// Speaks HTTP/2, and says so in its log.
    private func modernServer() throws -> ServerProcess {
        let program = try TestServers.program("rclone")
        return try server(program.display, ["GODEBUG": "http2debug=1"]) { port, folder in
            [
                "serve", "restic", "--addr", "127.0.0.1:\(port)", "--cert", "../certificate.pem", "--key", "../key.pem",
                folder.appending("served").display,
            ]
        }
    }

    private func url(_ server: ServerProcess, _ path: String) -> String { "https://127.0.0.1:\(server.port)/\(path)" }

    @Test func aStrangersCertificateIsRefused() throws {
        let server = try plainServer()
        let client = try makeClient()
        let failure = try #require(client.failure(HTTPRequest(.get, url(server, "hello"))))
        #expect(failure.cause == .untrusted && !failure.isRetryable)
        #expect(
            failure.problem == "cannot trust 127.0.0.1:\(server.port): SSL certificate problem: self-signed certificate"
        )
    }

    @Test func itIsTakenWhereItIsNamed() throws {
        let server = try plainServer()
        let client = try makeClient { $0.caCertificate = server.folder.appending("certificate.pem") }
        #expect(try client.send(HTTPRequest(.get, url(server, "hello"))).body == Array("hello\n".utf8))
        // It is for this address only.
        let other = HTTPRequest(.get, "https://localhost:\(server.port)/hello")
        #expect(client.failure(other)?.cause == .untrusted)
    }

    @Test func itIsTakenWhereNobodyLooks() throws {
        let server = try plainServer()
        let client = try makeClient { $0.insecureTLS = true }
        #expect(try client.send(HTTPRequest(.get, url(server, "hello"))).body == Array("hello\n".utf8))
    }

    @Test func certificatesThatCannotBeUsedAreNamed() throws {
        #expect {
            try makeClient { $0.caCertificate = "/nowhere/ca.pem" }
        } throws: {
            "\($0)".contains("/nowhere/ca.pem")
        }
        let server = try plainServer()
        let client = try makeClient { $0.caCertificate = server.folder.appending("served/hello") }
        #expect(client.failure(HTTPRequest(.get, url(server, "hello")))?.cause == .untrusted)
    }

    @Test func whereNothingIsEncryptedThatIsSaid() throws {
        let server = try HostileServer { _ in .respond(200) }
        let client = try makeClient()
        let plain = try #require(client.failure(HTTPRequest(.get, "https://127.0.0.1:\(server.port)/")))
        #expect(plain.problem.contains("127.0.0.1:\(server.port)"))
    }

    @Test func bodiesOverHTTP2() throws {
        let server = try modernServer()
        let client = try makeClient { $0.caCertificate = server.folder.appending("certificate.pem") }
        #expect(try client.send(HTTPRequest(.post, url(server, "repository/?create=true"))).status == 200)
        onThreads(12) { thread in
            var random = SeededRandom(seed: UInt64(thread))
            let bytes = random.bytes(3_000_000)
            let object = url(server, "repository/data/" + String(repeating: "0", count: 62) + String(10 + thread))
            #expect(try client.send(HTTPRequest(.post, object, body: .bytes(bytes))).status == 200)
            let response = try client.send(HTTPRequest(.get, object, responseLimit: bytes.count))
            #expect(response.status == 200 && response.body == bytes)
        }
        try expectHTTP2(server)
    }

    private func expectHTTP2(_ server: ServerProcess, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let log = try OpenFile.open(server.log).readAll(limit: 1 << 26)
        let text = String(decoding: log, as: UTF8.self)
        #expect(text.contains("http2: server connection"), sourceLocation: sourceLocation)
    }

    @Test func limitsHoldOverHTTP2() throws {
        let server = try modernServer()
        let client = try makeClient {
            $0.caCertificate = server.folder.appending("certificate.pem")
            $0.uploadLimit = 3_000_000
            $0.downloadLimit = 3_000_000
        }
        #expect(try client.send(HTTPRequest(.post, url(server, "repository/?create=true"))).status == 200)
        let bytes = [UInt8](repeating: 5, count: 1_000_000)
        @Sendable func object(_ number: Int) -> String {
            url(server, "repository/data/" + String(repeating: "0", count: 62) + String(10 + number))
        }
        let sending = seconds {
            onThreads(6) { thread in
                let response = try client.send(HTTPRequest(.post, object(thread), body: .bytes(bytes)))
                #expect(response.status == 200)
            }
        }
        #expect(sending > 1.9 && sending < 5)
        let receiving = seconds {
            onThreads(6) { thread in
                let response = try client.send(HTTPRequest(.get, object(thread)))
                #expect(response.body == bytes)
            }
        }
        #expect(receiving > 1.9 && receiving < 5)
        try expectHTTP2(server)
    }
}
