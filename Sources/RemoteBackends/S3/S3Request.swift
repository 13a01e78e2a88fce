import Hashing
import Primitives
import Transfers

/// One question to a bucket, before it is signed.
struct S3Request: Sendable {
    var method: HTTPMethod
    /// `nil` for the bucket itself.
    var key: String?
    var query: [(name: String, value: String)] = []
    var headers: [HTTPHeader] = []
    var body = HTTPBody.none
    /// SHA-256 of the body.
    var bodyHash = S3Request.hashOfNothing
    var responseLimit = 1 << 20
    var purpose: RequestPurpose?
    /// Whether an answer that says 200 may still hold an error in its body.
    var answersInXML = true

    static let hashOfNothing = SHA256Hasher.digest(of: [])
    static let octets = HTTPHeader("Content-Type", "application/octet-stream")
}

extension S3Request {
    static func get(_ key: String, limit: Int) -> S3Request {
        var request = S3Request(method: .get, key: key, responseLimit: limit)
        request.answersInXML = false
        return request
    }

    /// `count`, which is above 0, bytes from `offset` on.
    static func get(_ key: String, offset: UInt64, count: Int) -> S3Request {
        var request = get(key, limit: max(count, errorLimit))
        request.headers = [HTTPHeader("Range", "bytes=\(offset)-\(offset + UInt64(count) - 1)")]
        return request
    }

    /// A short answer that is an error, or all of an object where ranges are ignored.
    private static let errorLimit = 1 << 16

    static func head(_ key: String) -> S3Request { S3Request(method: .head, key: key) }

    static func put(_ key: String, _ body: HTTPBody, hash: Digest) -> S3Request {
        S3Request(method: .put, key: key, headers: [octets], body: body, bodyHash: hash)
    }

    static func delete(_ key: String) -> S3Request { S3Request(method: .delete, key: key) }

    /// - Parameter source: the key of what is copied.
    static func copy(_ source: String, to key: String, in bucket: String) -> S3Request {
        let header = HTTPHeader("x-amz-copy-source", "/" + S3Encoding.path("\(bucket)/\(source)"))
        return S3Request(method: .put, key: key, headers: [header])
    }

    static func makeBucket(in region: String) -> S3Request {
        // The oldest region is the one without a name.
        if region.isEmpty || region == "us-east-1" { return S3Request(method: .put) }
        let bytes = Array(
            """
            <CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>\
            \(XMLText.escape(region))</LocationConstraint></CreateBucketConfiguration>
            """.utf8)
        return S3Request(method: .put, body: .bytes(bytes), bodyHash: SHA256Hasher.digest(of: bytes))
    }

    /// A page of all keys that begin with `prefix`.
    ///
    /// - Parameter token: of the page before.
    static func list(prefix: String, after token: String? = nil, count: Int = 1000) -> S3Request {
        var request = S3Request(method: .get, responseLimit: 1 << 23, purpose: .list)
        request.query = [("list-type", "2"), ("max-keys", "\(count)"), ("prefix", prefix)]
        if let token { request.query.append(("continuation-token", token)) }
        return request
    }

    // MARK: Uploads in parts

    static func startUpload(_ key: String) -> S3Request {
        S3Request(method: .post, key: key, query: [("uploads", "")], headers: [octets])
    }

    static func part(_ number: Int, of key: String, _ upload: String, _ body: HTTPBody, hash: Digest) -> S3Request {
        var request = put(key, body, hash: hash)
        request.query = [("partNumber", "\(number)"), ("uploadId", upload)]
        return request
    }

    /// - Parameter tags: what the server calls the parts, in order.
    static func completeUpload(_ key: String, _ upload: String, tags: [String]) -> S3Request {
        let parts = zip(1..., tags).map { number, tag in
            "<Part><PartNumber>\(number)</PartNumber><ETag>\(XMLText.escape(tag))</ETag></Part>"
        }
        let body =
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())"
            + "</CompleteMultipartUpload>"
        let bytes = Array(body.utf8)
        return S3Request(
            method: .post, key: key, query: [("uploadId", upload)],
            headers: [HTTPHeader("Content-Type", "application/xml")], body: .bytes(bytes),
            bodyHash: SHA256Hasher.digest(of: bytes))
    }

    static func abortUpload(_ key: String, _ upload: String) -> S3Request {
        S3Request(method: .delete, key: key, query: [("uploadId", upload)])
    }

    /// - Parameter mark: the last key and upload of the page before.
    static func listUploads(prefix: String, after mark: (key: String, upload: String)? = nil) -> S3Request {
        var request = S3Request(method: .get, responseLimit: 1 << 23, purpose: .list)
        request.query = [("uploads", ""), ("prefix", prefix)]
        if let mark { request.query += [("key-marker", mark.key), ("upload-id-marker", mark.upload)] }
        return request
    }
}

/// Text for an XML document.
enum XMLText {
    static func escape(_ text: String) -> String {
        text.map { character in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: String(character)
            }
        }.joined()
    }
}
