import FormatVectors
import Primitives
import Testing

private struct Headers: Decodable {
    struct Valid: Decodable {
        let type, suite, keyMode: UInt8
        let keyEpoch, keyId: UInt32
        let repository, session, salt, bytes: HexBytes
    }

    struct Invalid: Decodable {
        let description, reason: String
        let bytes: HexBytes
    }

    let valid: [Valid]
    let invalid: [Invalid]
}

/// `format-spec/vectors/header.json`, in both directions. What is wrong only in its directory or its repository is the
/// concern of `RepositoryKeys`.
@Suite struct HeaderVectorTests {
    private let headers: Headers

    init() throws { headers = try Vectors.load("header") }

    @Test func validHeaders() throws {
        #expect(!headers.valid.isEmpty)
        for example in headers.valid {
            let header = ObjectHeader(
                type: try #require(ObjectType(rawValue: example.type)),
                suite: try #require(CipherSuite(rawValue: example.suite)),
                keyMode: try #require(KeyMode(rawValue: example.keyMode)), keyEpoch: example.keyEpoch,
                keyID: example.keyId, repository: try example.repository.identifier(),
                session: try example.session.identifier(), salt: example.salt.bytes)
            #expect(header.encoded == example.bytes.bytes)
            #expect(try ObjectHeader(decoding: example.bytes.bytes[...], of: "object") == header)
        }
    }

    @Test(arguments: [
        ("length", VarveError.Kind.damaged), ("magic", .damaged), ("checksum", .damaged), ("version", .unsupported),
        ("mustUnderstand", .unsupported), ("reserved", .damaged),
    ])
    func invalidHeaders(reason: String, kind: VarveError.Kind) {
        let examples = headers.invalid.filter { $0.reason == reason }
        #expect(!examples.isEmpty)
        for example in examples {
            let error = #expect(throws: VarveError.self, "\(example.description)") {
                try ObjectHeader(decoding: example.bytes.bytes[...], of: "object")
            }
            #expect(error?.kind == kind, "\(example.description)")
        }
    }
}
