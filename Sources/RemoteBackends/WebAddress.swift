/// A URL of a server as people write it, taken apart.
package struct WebAddress: Hashable, Sendable {
    package var isSecure: Bool
    /// As it stands in a URL: IPv6 addresses in brackets.
    package var host: String
    package var port: Int?
    /// Percent-encoded, with a slash in front; "/" where there is none.
    package var path: String
    package var credentials: WebCredentials?

    package init(isSecure: Bool, host: String, port: Int? = nil, path: String = "/", credentials: WebCredentials? = nil)
    {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
        self.credentials = credentials
    }

    /// Why a text is no such URL; the words never repeat the text, which may hold a password.
    struct Malformed: Error {
        let problem: String
    }

    /// Takes "https://user:password@host:8000/path" apart.
    init(parsing text: String) throws(Malformed) {
        let rest: Substring
        if text.hasPrefix("https://") {
            (isSecure, rest) = (true, text.dropFirst("https://".count))
        } else if text.hasPrefix("http://") {
            (isSecure, rest) = (false, text.dropFirst("http://".count))
        } else {
            throw Malformed(problem: "it begins with neither https:// nor http://")
        }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<end]
        // A password may hold an "@" of its own.
        if let at = authority.lastIndex(of: "@") {
            credentials = try WebCredentials(userInformation: authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        (host, port) = try WebAddress.hostAndPort(authority)
        path = try WebAddress.encodedPath(rest[end...])
    }

    private static func hostAndPort(_ text: Substring) throws(Malformed) -> (String, Int?) {
        var host = text
        var port: Int?
        let hostEnd = text.hasPrefix("[") ? text.lastIndex(of: "]") ?? text.startIndex : text.startIndex
        if let colon = text[hostEnd...].lastIndex(of: ":") {
            host = text[..<colon]
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else {
                throw Malformed(problem: "its port is no number from 1 to 65535")
            }
            port = Int(number)
        }
        guard !host.isEmpty else { throw Malformed(problem: "it names no host") }
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
        let isAddress = name.count < host.count
        guard !name.isEmpty, name.utf8.allSatisfy({ isHostByte($0) || (isAddress && $0 == UInt8(ascii: ":")) }) else {
            throw Malformed(problem: "its host has a character that no host has")
        }
        return (host.lowercased(), port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(byte)
    }

    /// Encodes what must be; "%" stands for itself, since it is encoded already.
    private static func encodedPath(_ text: Substring) throws(Malformed) -> String {
        if text.contains("?") || text.contains("#") {
            throw Malformed(problem: "its path has a ? or #, which are written %3F and %23")
        }
        if text.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) {
            throw Malformed(problem: "its path has a . or .. in it")
        }
        let encoded = PercentEncoding.encode(text.utf8, keeping: "-._~!$&'()*+,;=:@/%")
        return encoded.isEmpty ? "/" : encoded
    }

    /// Without what it is secret, and without the path: "https://host:8000".
    package var origin: String {
        "\(isSecure ? "https" : "http")://\(host)" + (port.map { ":\($0)" } ?? "")
    }

    /// Without user and password.
    package var shown: String { origin + path }
}

/// A user and a password for a server.
package struct WebCredentials: Hashable, Sendable {
    package var user: String
    package var password: String

    package init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    /// Takes "user:password" of a URL apart.
    init(userInformation text: Substring) throws(WebAddress.Malformed) {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        guard let user = PercentEncoding.decode(text[..<colon]),
            let password = PercentEncoding.decode(text[colon...].dropFirst())
        else { throw WebAddress.Malformed(problem: "its user or password has a % that stands for nothing") }
        self.init(user: user, password: password)
    }

    /// The value of an `Authorization` header.
    var basicAuthorization: String { "Basic " + Base64.encode(Array("\(user):\(password)".utf8)) }
}

/// Base64 (RFC 4648, section 4).
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for position in 0..<4 {
                let digit = digits[Int(word >> (18 - 6 * UInt32(position)) & 63)]
                text.append(position <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum PercentEncoding {
    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// - Parameter kept: what stays as it is, beside letters and digits.
    static func encode(_ bytes: some Sequence<UInt8>, keeping kept: String) -> String {
        let kept = Array(kept.utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if byte.isLetterOrDigit || kept.contains(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// `nil` where a "%" is not followed by two hex digits, or the result is no UTF-8.
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    /// Whether it is an ASCII letter or digit.
    package var isLetterOrDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
    }
}
