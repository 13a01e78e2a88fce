import Primitives

/// A page of a listing.
struct S3ListingPage: Hashable, Sendable {
    struct Object: Hashable, Sendable {
        let key: String
        /// In bytes.
        let size: UInt64
    }

    let objects: [Object]
    /// Asks for the next page; `nil` on the last one.
    let nextToken: String?

    init(parsing bytes: [UInt8]) throws(MalformedXML) {
        let root = try XMLElement(parsing: bytes)
        guard root.name == "ListBucketResult" else { throw MalformedXML(problem: "it is a \(root.name.prefix(40))") }
        var objects: [Object] = []
        for element in root.children where element.name == "Contents" {
            guard let key = element.text(of: "Key"), let size = element.text(of: "Size").flatMap({ UInt64($0) }) else {
                throw MalformedXML(problem: "an object in it has no key or no size")
            }
            objects.append(Object(key: key, size: size))
        }
        self.objects = objects
        guard root.text(of: "IsTruncated") == "true" else {
            nextToken = nil
            return
        }
        guard let token = root.text(of: "NextContinuationToken"), !token.isEmpty else {
            throw MalformedXML(problem: "it says that more follows, and not how to get it")
        }
        nextToken = token
    }
}

/// Sees to it that a listing comes to an end, whatever a server answers.
struct S3ListingProgress {
    private var tokens: Set<String> = []
    private var firstKeys: Set<String> = []
    private var emptyPages = 0
    private var objects = 0

    private static let emptyPageLimit = 200
    private static let objectLimit = 1 << 28

    /// Whether `page` leads on.
    mutating func accept(_ page: S3ListingPage) -> Bool {
        if let first = page.objects.first {
            emptyPages = 0
            if !firstKeys.insert(first.key).inserted { return false }
        } else {
            emptyPages += 1
        }
        objects += page.objects.count
        if emptyPages > S3ListingProgress.emptyPageLimit || objects > S3ListingProgress.objectLimit { return false }
        guard let token = page.nextToken else { return true }
        return tokens.insert(token).inserted
    }
}

/// An upload in parts that nobody has completed.
struct S3PendingUpload: Hashable, Sendable {
    let key: String
    let upload: String
    /// `nil` where the server tells no time that can be read.
    let started: Timestamp?

    /// - Returns: those of a page, and whether more follow.
    static func parse(_ bytes: [UInt8]) throws(MalformedXML) -> (uploads: [S3PendingUpload], hasMore: Bool) {
        let root = try XMLElement(parsing: bytes)
        guard root.name == "ListMultipartUploadsResult" else {
            throw MalformedXML(problem: "it is a \(root.name.prefix(40))")
        }
        let uploads = root.children.compactMap { element -> S3PendingUpload? in
            guard element.name == "Upload", let key = element.text(of: "Key"),
                let upload = element.text(of: "UploadId"), !upload.isEmpty
            else { return nil }
            return S3PendingUpload(
                key: key, upload: upload, started: element.text(of: "Initiated").flatMap { Timestamp(rfc3339: $0) })
        }
        return (uploads, root.text(of: "IsTruncated") == "true")
    }
}
