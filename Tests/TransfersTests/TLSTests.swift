import FileIO
import SeededData
import TestServers
import Testing

@testable import Transfers

/// Encryption and HTTP/2, with real servers whose certificate nobody has signed.
@Suite struct TLSTests {
    /// Speaks HTTP/1.0.
    private func plainServer() throws -> ServerProcess {
        try ServerProcess.startSecured("openssl") { port in
            ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", "../certificate.pem", "-key", "../key.pem", "-WWW"]
        }
    }

    /// Speaks HTTP/2 and nothing else; sends back what is sent to it.
    private func modernServer() throws -> ServerProcess {
        try ServerProcess.startSecured("nghttpd") { port in
            ["-a", "127.0.0.1", "-d", ".", "--echo-upload", "\(port)", "../key.pem", "../certificate.pem"]
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
        let client = try makeClient { $0.caCertificate = server.certificate }
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
        let client = try makeClient { $0.caCertificate = server.certificate }
        onThreads(12) { thread in
            var random = SeededRandom(seed: UInt64(thread))
            for size in [0, 1, 3_000_000, 500_000] {
                let bytes = random.bytes(size)
                let request = HTTPRequest(.put, url(server, "\(size)"), body: .bytes(bytes), responseLimit: size)
                let response = try client.send(request)
                #expect(response.status == 200 && response.body == bytes)
            }
            let response = try client.send(HTTPRequest(.get, url(server, "hello")))
            #expect(response.body == Array("hello\n".utf8))
            #expect(try client.send(HTTPRequest(.get, url(server, "none"))).status == 404)
        }
        #expect(client.counts.sentBytes == 12 * 3_500_001)
    }

    @Test(arguments: [\HTTPClientOptions.uploadLimit, \HTTPClientOptions.downloadLimit])
    func limitsHoldOverHTTP2(_ limit: WritableKeyPath<HTTPClientOptions, UInt64> & Sendable) throws {
        let server = try modernServer()
        let client = try makeClient {
            $0.caCertificate = server.certificate
            $0[keyPath: limit] = 3_000_000
        }
        let time = seconds {
            onThreads(6) { thread in
                let bytes = [UInt8](repeating: UInt8(thread), count: 1_000_000)
                let response = try client.send(HTTPRequest(.put, url(server, "x"), body: .bytes(bytes)))
                #expect(response.status == 200 && response.body == bytes)
            }
        }
        #expect(time > 1.9 && time < 30)
    }
}
