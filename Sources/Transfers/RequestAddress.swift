/// What of a URL may stand in messages: host and port.
struct RequestAddress {
    let text: String

    /// - Throws: where it is no URL of HTTP that can be used as it stands, or names a user.
    init(_ url: String) throws(TransferFailure) {
        let bytes = Array(url.utf8)
        let lowered = url.prefix(8).lowercased()
        let start = lowered.hasPrefix("https://") ? 8 : lowered.hasPrefix("http://") ? 7 : 0
        guard start > 0 else {
            throw TransferFailure(.invalidRequest, "the URL begins with neither http:// nor https://")
        }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw TransferFailure(.invalidRequest, "the URL has characters that must be percent-encoded")
        }
        let authority = bytes[start...].prefix {
            ![UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0)
        }
        guard !authority.isEmpty else { throw TransferFailure(.invalidRequest, "the URL names no host") }
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw TransferFailure(.invalidRequest, "the URL names a user; that belongs in a header")
        }
        text = String(decoding: authority, as: UTF8.self)
    }
}

extension HTTPHeader {
    /// The line as libcurl takes it; `nil` where a character in it would end the line or the name.
    var line: String? {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
        let isText = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }
        guard isToken, isText else { return nil }
        // Without a value the line would say that the header is to be left out.
        return value.isEmpty ? "\(name);" : "\(name): \(value)"
    }
}
