import TestServers
import Testing

/// What the options for S3 do, with a server that speaks TLS under a certificate of its own.
@Suite struct S3OptionTests {
    private let server: S3Server
    private let box: Sandbox

    init() throws {
        server = try S3Server.motoOverTLS()
        box = try Sandbox(
            at: .s3(server, prefix: "options", bucket: "varve-tls"), isInitialized: false, isEncrypted: false)
    }

    @Test func aCertificateIsTrustedWhereItIsNamed() throws {
        let refused = try box.fail(1, "init", "--no-encryption")
        #expect(refused.errors.contains("cannot trust 127.0.0.1") && refused.errors.contains("--ca-cert"))
        let certificate = Argument(server.process.certificate.display)
        try box.succeed("init", "-q", "--no-encryption", "--ca-cert", certificate)
        box.environment["VARVE_CA_CERT"] = server.process.certificate.display
        let content = Sample.random(3 << 20, seed: 1)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        #expect(try box.dump("latest:a") == content)
        try box.checkAll()
        box.environment["VARVE_CA_CERT"] = nil
        #expect(try box.succeed("dump", "latest:a", "--insecure-tls").output == content)
    }

    @Test func theStorageClassReachesTheServer() throws {
        box.environment["VARVE_CA_CERT"] = server.process.certificate.display
        try box.succeed("init", "-q", "--no-encryption")
        try box.succeed("backup", "-q", "--s3-storage-class", "STANDARD_IA", "--stream", "a=echo a")
        box.environment["VARVE_S3_STORAGE_CLASS"] = "NO_SUCH_CLASS"
        let refused = try box.fail(1, "backup", "-q", "--stream", "a=echo b")
        #expect(refused.errors.contains("torage"), "\(refused.errors)")
    }

    @Test func aBucketMayBeAHostOfItsOwn() throws {
        box.environment["VARVE_CA_CERT"] = server.process.certificate.display
        try box.succeed("init", "-q", "--no-encryption", "--s3-addressing", "path", "--s3-region", "eu-central-1")
        // No such host: the bucket stands in front of an address.
        let refused = try box.fail(1, "snapshots", "--s3-addressing", "virtual-host")
        #expect(refused.errors.contains("varve-tls.127.0.0.1"), "\(refused.errors)")
    }

    @Test(arguments: [
        ["--s3-addressing", "dns"], ["--s3-storage-class", "not a class"], ["--s3-region", "eu/../central"],
    ])
    func whatMakesNoSenseIsRefused(options: [String]) throws {
        let refused = try box.run(arguments: ["snapshots"] + options.map { Argument($0) })
        #expect(refused.code == 2 && refused.errors.contains(options[0]), "\(refused.errors)")
    }
}
