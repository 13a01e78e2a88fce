import Primitives

/// A bucket, and what the keys in it begin with.
package struct S3Location: Hashable, Sendable {
    /// The server: without credentials, with "/" for a path.
    package var endpoint: WebAddress
    package var bucket: String
    /// Without slashes at its ends; may be empty. Not percent-encoded.
    package var prefix: String

    package init(endpoint: WebAddress, bucket: String, prefix: String) {
        self.endpoint = endpoint
        self.bucket = bucket
        self.prefix = prefix
    }

    /// Takes "https://host:9000/bucket/prefix" apart; https:// may be left out.
    init(parsing text: String) throws(VarveError) {
        let form = "write \(BackendLocation.example(of: "s3"))"
        guard !text.hasPrefix("//") else {
            throw VarveError(
                .usage, "s3:// says nothing about the server",
                advice: "\(form); for AWS that is s3:https://s3.REGION.amazonaws.com/BUCKET/PREFIX")
        }
        var address: WebAddress
        do throws(WebAddress.Malformed) {
            address = try WebAddress(parsing: text.contains("://") ? text : "https://" + text)
        } catch {
            throw VarveError(.usage, "the address after s3: cannot be read: \(error.problem)", advice: form)
        }
        guard address.credentials == nil else {
            throw VarveError(
                .usage, "the address after s3: holds a user or password",
                advice: "give keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        }
        let parts = address.path.split(separator: "/", maxSplits: 1)
        let bucket = parts.first.flatMap { PercentEncoding.decode($0) } ?? ""
        guard let prefix = PercentEncoding.decode(parts.dropFirst().first ?? "") else {
            throw VarveError(.usage, "the prefix after s3: has a % that stands for nothing", advice: form)
        }
        guard !bucket.isEmpty, bucket.utf8.allSatisfy({ $0.isLetterOrDigit || ".-_".utf8.contains($0) }) else {
            throw VarveError(.usage, "the address after s3: names no bucket", advice: form)
        }
        address.path = "/"
        self.init(
            endpoint: address, bucket: bucket, prefix: prefix.split(separator: "/").joined(separator: "/"))
    }

    package var shown: String { "s3:\(endpoint.origin)/\(bucket)" + (prefix.isEmpty ? "" : "/\(prefix)") }
}

/// A repository of a server that speaks restic's REST protocol.
package struct RESTLocation: Hashable, Sendable {
    /// Its path ends with a slash.
    package var address: WebAddress
    /// The socket of a server of this machine; the host of the address means nothing then.
    package var socket: String?

    package init(address: WebAddress, socket: String? = nil) {
        self.address = address
        self.socket = socket
    }

    private static let socketPrefix = "http+unix://"

    /// Takes "https://user:password@host:8000/name/" or "http+unix:///path/of/socket:/name/" apart, as restic does.
    init(parsing text: String) throws(VarveError) {
        do throws(WebAddress.Malformed) {
            if text.hasPrefix(RESTLocation.socketPrefix) {
                let rest = text.dropFirst(RESTLocation.socketPrefix.count)
                let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard rest.hasPrefix("/") else {
                    throw WebAddress.Malformed(problem: "the path of its socket is not absolute")
                }
                socket = String(parts[0])
                let path = parts.count > 1 ? String(parts[1]) : ""
                address = try WebAddress(parsing: "http://localhost" + (path.hasPrefix("/") ? path : "/" + path))
            } else {
                address = try WebAddress(parsing: text)
            }
        } catch {
            throw VarveError(
                .usage, "the address after rest: cannot be read: \(error.problem)",
                advice: "write \(BackendLocation.example(of: "rest"))")
        }
        if !address.path.hasSuffix("/") { address.path += "/" }
    }

    /// Without user and password.
    package var shown: String {
        if let socket { return "rest:\(RESTLocation.socketPrefix)\(socket):\(address.path)" }
        return "rest:" + address.shown
    }
}

/// A folder on a host that is reached by SSH.
package struct SFTPLocation: Hashable, Sendable {
    package var user: String?
    /// A name, an address, or an alias of the configuration of ssh.
    package var host: String
    package var port: Int?
    /// Relative ones begin at the user's home.
    package var path: String

    package init(user: String?, host: String, port: Int? = nil, path: String) {
        self.user = user
        self.host = host
        self.port = port
        self.path = path
    }

    /// Takes "user@host:/path" or "//user@host:2222//path" apart, as restic does.
    init(parsing text: String) throws(VarveError) {
        let authority: Substring
        if text.hasPrefix("//") {
            let parts = text.dropFirst(2).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            path = parts.count > 1 ? String(parts[1]) : ""
            authority = parts[0]
        } else {
            // An IPv6 address has colons of its own, and stands in brackets.
            let hostEnd = text.firstIndex(of: "]") ?? text.startIndex
            guard let colon = text[hostEnd...].firstIndex(of: ":") else {
                throw SFTPLocation.malformed("it has no colon between host and path")
            }
            authority = text[..<colon]
            path = String(text[text.index(after: colon)...])
        }
        let at = authority.lastIndex(of: "@")
        user = at.map { String(authority[..<$0]) }
        var name = at.map { authority[authority.index(after: $0)...] } ?? authority
        let hostEnd = name.firstIndex(of: "]") ?? name.startIndex
        if text.hasPrefix("//"), let colon = name[hostEnd...].firstIndex(of: ":") {
            guard let number = UInt16(name[name.index(after: colon)...]), number > 0 else {
                throw SFTPLocation.malformed("its port is no number from 1 to 65535")
            }
            port = Int(number)
            name = name[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        host = String(name)
        try check()
    }

    /// ssh would take what begins with a dash for an option.
    private func check() throws(VarveError) {
        if host.isEmpty { throw SFTPLocation.malformed("it names no host") }
        if path.isEmpty { throw SFTPLocation.malformed("it names no folder") }
        if host.hasPrefix("-") { throw SFTPLocation.malformed("its host begins with a dash") }
        if host.contains(where: { $0 == "/" || $0 == " " || $0 == "@" }) {
            throw SFTPLocation.malformed("its host has a character that no host has")
        }
        // "user:password@host:/path", where the host would be "user".
        if let at = path.firstIndex(of: "@"), !path.hasPrefix("/"), path[at...].contains(":") {
            throw SFTPLocation.passwordGiven()
        }
        guard let user else { return }
        if user.isEmpty || user.hasPrefix("-") {
            throw SFTPLocation.malformed("its user is empty or begins with a dash")
        }
        if user.contains(":") { throw SFTPLocation.passwordGiven() }
    }

    private static func passwordGiven() -> VarveError {
        VarveError(.usage, "the address after sftp: holds a password", advice: "let ssh log in by a key or its agent")
    }

    private static func malformed(_ problem: String) -> VarveError {
        VarveError(
            .usage, "the address after sftp: cannot be read: \(problem)",
            advice: "write \(BackendLocation.example(of: "sftp"))")
    }

    package var shown: String {
        let name = (user.map { $0 + "@" } ?? "") + (host.contains(":") ? "[\(host)]" : host)
        guard let port else { return "sftp:\(name):\(path)" }
        return "sftp://\(name):\(port)/\(path)"
    }
}
