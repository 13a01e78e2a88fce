import Primitives
import Testing

@testable import RemoteBackends

@Suite("Endpoints of S3")
struct S3EndpointTests {
    private func endpoint(_ text: String, _ addressing: S3Addressing = .automatic) throws -> S3Endpoint {
        guard case .s3(let location) = try BackendLocation(parsing: text) else { throw VarveError(.usage, text) }
        return S3Endpoint(location, addressing)
    }

    /// A location, the host of its requests, and their path for the key "a b/c".
    static let forms = [
        ("s3:https://s3.eu-central-1.amazonaws.com/bucket/p", "bucket.s3.eu-central-1.amazonaws.com", "/a%20b/c"),
        ("s3:s3.amazonaws.com/bucket", "bucket.s3.amazonaws.com", "/a%20b/c"),
        ("s3:s3.amazonaws.com/my.bucket", "s3.amazonaws.com", "/my.bucket/a%20b/c"),
        ("s3:s3.amazonaws.com/Bucket", "s3.amazonaws.com", "/Bucket/a%20b/c"),
        ("s3:http://localhost:9000/bucket/p", "localhost:9000", "/bucket/a%20b/c"),
        ("s3:https://minio.example:443/bucket", "minio.example", "/bucket/a%20b/c"),
        ("s3:http://minio.example:80/bucket", "minio.example", "/bucket/a%20b/c"),
        ("s3:http://minio.example:443/bucket", "minio.example:443", "/bucket/a%20b/c"),
        ("s3:https://[::1]:9000/bucket", "[::1]:9000", "/bucket/a%20b/c"),
    ]

    @Test("a bucket has a host of its own on AWS, where it can, and a path elsewhere", arguments: forms)
    func addressing(text: String, host: String, path: String) throws {
        let endpoint = try endpoint(text)
        #expect(endpoint.host == host)
        #expect(endpoint.path("a b/c") == path)
        #expect(endpoint.url(path: path, query: "x=1").hasSuffix("://\(host)\(path)?x=1"))
    }

    @Test("either way can be asked for")
    func explicitAddressing() throws {
        let text = "s3:https://s3.example:9000/bucket"
        #expect(try endpoint(text, .virtualHost).host == "bucket.s3.example:9000")
        #expect(try endpoint(text, .virtualHost).path(nil) == "/")
        #expect(try endpoint(text, .path).path(nil) == "/bucket")
        #expect(try endpoint("s3:s3.amazonaws.com/bucket", .path).host == "s3.amazonaws.com")
    }

    /// A host, its region, and where a bucket in "ap-south-1" is found instead.
    static let regions: [(String, String?, String)] = [
        ("s3.amazonaws.com", nil, "s3.ap-south-1.amazonaws.com"),
        ("s3.eu-west-1.amazonaws.com", "eu-west-1", "s3.ap-south-1.amazonaws.com"),
        ("s3-eu-west-1.amazonaws.com", "eu-west-1", "s3-ap-south-1.amazonaws.com"),
        ("s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1", "s3.dualstack.ap-south-1.amazonaws.com"),
        ("s3.cn-north-1.amazonaws.com.cn", "cn-north-1", "s3.ap-south-1.amazonaws.com.cn"),
        ("minio.example", nil, "minio.example"),
    ]

    @Test("hosts of AWS tell their region, and each region has its host", arguments: regions)
    func regionOfHost(host: String, region: String?, moved: String) throws {
        var endpoint = try endpoint("s3:https://\(host)/bucket")
        #expect(endpoint.regionOfHost == region)
        endpoint.move(to: "ap-south-1")
        #expect(endpoint.address.host == moved)
    }
}
