import Primitives

/// How a URL names a bucket.
package enum S3Addressing: Sendable {
    /// As a host of its own on AWS and where it must be, else as the first part of the path.
    case automatic
    /// "https://host/bucket/key".
    case path
    /// "https://bucket.host/key".
    case virtualHost
}

/// A bucket on a server: what URLs and signatures are made of.
struct S3Endpoint: Hashable, Sendable {
    private(set) var address: WebAddress
    let bucket: String
    private let isVirtualHost: Bool

    init(_ location: S3Location, _ addressing: S3Addressing) {
        address = location.endpoint
        address.path = "/"
        // Clients leave the usual port out of `Host`, which is signed.
        if address.port == (address.isSecure ? 443 : 80) { address.port = nil }
        bucket = location.bucket
        switch addressing {
        case .path: isVirtualHost = false
        case .virtualHost: isVirtualHost = true
        case .automatic:
            isVirtualHost =
                S3Endpoint.domainsOfBuckets.contains(where: address.host.hasSuffix) && S3Endpoint.isHostName(bucket)
        }
    }

    /// Those who ask for a host for each bucket.
    private static let domainsOfBuckets = [".amazonaws.com", ".amazonaws.com.cn", ".aliyuncs.com", ".myqcloud.com"]

    /// A dot in a bucket's name would not fit the server's certificate.
    private static func isHostName(_ bucket: String) -> Bool {
        (3...63).contains(bucket.utf8.count)
            && bucket.utf8.allSatisfy { ($0.isLetterOrDigit && !isCapital($0)) || $0 == UInt8(ascii: "-") }
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    /// The value of `Host`.
    var host: String {
        (isVirtualHost ? "\(bucket)." : "") + address.host + (address.port.map { ":\($0)" } ?? "")
    }

    /// The path of a key, or of the bucket itself, percent-encoded.
    func path(_ key: String?) -> String {
        let encoded = key.map(S3Encoding.path) ?? ""
        if isVirtualHost { return "/" + encoded }
        return "/\(S3Encoding.path(bucket))" + (key == nil ? "" : "/" + encoded)
    }

    func url(path: String, query: String) -> String {
        (address.isSecure ? "https://" : "http://") + host + path + (query.isEmpty ? "" : "?" + query)
    }

    /// The region that the name of a host of AWS tells; `nil` for others, and for the one that serves all regions.
    var regionOfHost: String? {
        guard let domain = [".amazonaws.com", ".amazonaws.com.cn"].first(where: address.host.hasSuffix) else {
            return nil
        }
        // s3.REGION, s3-REGION, s3.dualstack.REGION, s3-fips.REGION
        let name = address.host.dropLast(domain.count)
        if let dot = name.lastIndex(of: ".") { return String(name[name.index(after: dot)...]) }
        return name.hasPrefix("s3-") && name != "s3-fips" ? String(name.dropFirst(3)) : nil
    }

    /// The endpoint for a bucket that turns out to be in `region`: on AWS each region has a host of its own.
    mutating func move(to region: String) {
        if address.host == "s3.amazonaws.com" {
            address.host = "s3.\(region).amazonaws.com"
        } else if let old = regionOfHost, let range = address.host.range(ofLast: old) {
            address.host.replaceSubrange(range, with: region)
        }
    }
}

extension String {
    fileprivate func range(ofLast part: String) -> Range<String.Index>? {
        var start = endIndex
        while start > startIndex {
            start = index(before: start)
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
        }
        return nil
    }
}
