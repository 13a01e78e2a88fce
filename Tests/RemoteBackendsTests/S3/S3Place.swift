import Backends
import Hashing
import Primitives
import TestServers
import Testing
import Transfers

@testable import RemoteBackends

/// Where a test has a repository on a server of S3.
struct S3Place: Sendable {
    var endpoint: String
    var keyID: String
    var secret: String
    var bucket = "varve-tests"
    var prefix = "p\(UInt64.random(in: 0 ... .max))"

    init(_ server: S3Server) {
        endpoint = server.endpoint
        keyID = server.keyID
        secret = server.secret
    }

    init(_ server: HostileServer) {
        endpoint = server.url
        keyID = "the-key"
        secret = "the-secret"
    }

    var text: String { "s3:\(endpoint)/\(bucket)/\(prefix)" }

    var variables: [String: String] {
        ["AWS_ACCESS_KEY_ID": keyID, "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true"]
    }

    func location() throws -> S3Location {
        guard case .s3(let location) = try BackendLocation(parsing: text) else {
            throw VarveError(.usage, "\(text) is no location of S3")
        }
        return location
    }

    /// A backend there that gives up soon.
    func backend(
        _ change: (inout BackendOptions) -> Void = { _ in }, attempts: Int = 6, multipartThreshold: UInt64 = 64 << 20,
        partSize: UInt64 = 16 << 20
    ) throws -> S3Backend {
        var options = options(variables)
        change(&options)
        var policy = RetryPolicy()
        policy.base = 0.01
        policy.attemptLimit = attempts
        return try S3Backend(
            location(), options, retryPolicy: policy, multipartThreshold: multipartThreshold, partSize: partSize)
    }
}

/// The error that `body` ends with.
func storageFailure<R>(_ body: () throws -> R) throws -> VarveError {
    try #require(#expect(throws: VarveError.self) { _ = try body() })
}

/// The real servers, each with what it lacks.
enum S3ServerKind: String, CaseIterable, CustomTestStringConvertible {
    case openStackSwift, moto, rclone

    var testDescription: String { rawValue }

    func server() throws -> S3Server {
        switch self {
        case .openStackSwift: try .sharedOpenStackSwift()
        case .moto: try .sharedMoto()
        case .rclone: try .sharedRclone()
        }
    }

    /// Whether the server compares what it gets with the hash that goes with it.
    var checksHash: Bool { self == .openStackSwift }
    var checksSignature: Bool { self != .moto }
}
