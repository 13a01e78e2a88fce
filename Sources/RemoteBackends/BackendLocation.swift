import Primitives

/// Where a repository is, as people write it: a folder, or another kind of place with its name in front.
package enum BackendLocation: Hashable, Sendable {
    /// A path as it was written.
    case local(String)
    case s3(S3Location)
    case rest(RESTLocation)
    /// The remote of rclone, with the path in it: "onedrive:backups/db".
    case rclone(String)
    case sftp(SFTPLocation)

    private static let kinds = ["local", "s3", "rest", "rclone", "sftp"]

    /// Takes `text` apart. What is no path and names no kind of place is an error, not a folder with an odd name.
    ///
    /// - Throws: kind `usage`, without what may be a password.
    package init(parsing text: String) throws(VarveError) {
        guard !text.isEmpty else { throw VarveError(.usage, "the name of the repository is empty") }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw VarveError(.usage, "the name of the repository has a control character in it")
        }
        guard let kind = BackendLocation.leadingKind(text) else {
            try BackendLocation.refuseForgottenColon(text)
            self = .local(text)
            return
        }
        let rest = String(text.dropFirst(kind.count + 1))
        switch kind {
        case "local":
            guard !rest.isEmpty else { throw VarveError(.usage, "local: names no folder", advice: "write local:PATH") }
            self = .local(rest)
        case "s3": self = .s3(try S3Location(parsing: rest))
        case "rest": self = .rest(try RESTLocation(parsing: rest))
        case "rclone": self = .rclone(try BackendLocation.rcloneRemote(rest))
        case "sftp": self = .sftp(try SFTPLocation(parsing: rest))
        default: throw BackendLocation.unknownKind(kind, rest)
        }
    }

    /// What stands before the first colon, where that can be the name of a kind of place; `nil` for a path.
    private static func leadingKind(_ text: String) -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let word = text[..<colon]
        guard let first = word.utf8.first, first.isLetterOrDigit,
            word.utf8.allSatisfy({ $0.isLetterOrDigit || "+.-_@".utf8.contains($0) })
        else { return nil }
        return String(word)
    }

    /// "s3//host/bucket" is a slip, though it could be a folder.
    private static func refuseForgottenColon(_ text: String) throws(VarveError) {
        guard let kind = kinds.first(where: { text.lowercased().hasPrefix($0 + "//") }) else { return }
        throw VarveError(
            .usage, "the name of the repository begins with \(text.prefix(kind.count + 2)), without a colon",
            advice: "write \(example(of: kind)); a folder of that name is ./\(kind)")
    }

    private static func unknownKind(_ kind: String, _ rest: String) -> VarveError {
        let small = kind.lowercased()
        let advice: String
        if kinds.contains(small) {
            advice = "write \(small): in small letters"
        } else if small == "http" || small == "https" {
            advice = "put rest: or s3: in front, for what the server speaks"
        } else if small == "file" {
            advice = "give the path of the folder alone"
        } else if ["b2", "gs", "azure", "swift", "onedrive", "drive", "gdrive", "webdav", "dropbox"].contains(small) {
            advice = "reach it through rclone: rclone:REMOTE:PATH, with a remote that `rclone config` has made"
        } else if let near = kinds.first(where: { isNear(small, $0) }) {
            advice = "did you mean \(near): as in \(example(of: near))? A folder of that name is written ./\(kind):…"
        } else if rest.hasPrefix("/") {
            advice = "a folder on another host is sftp:USER@HOST:/PATH; a folder here is written local:\(kind):…"
        } else {
            advice = "the kinds are s3:, rest:, rclone:, sftp: and local:; a folder of that name is written ./\(kind):…"
        }
        return VarveError(.usage, "\(kind): is no kind of repository that varve knows", advice: advice)
    }

    static func example(of kind: String) -> String {
        switch kind {
        case "s3": "s3:https://HOST/BUCKET/PREFIX"
        case "rest": "rest:https://HOST:8000/NAME/"
        case "rclone": "rclone:REMOTE:PATH"
        case "sftp": "sftp:USER@HOST:/PATH"
        default: "local:PATH"
        }
    }

    /// Whether one letter more, less, other or swapped makes one word the other.
    private static func isNear(_ word: String, _ other: String) -> Bool {
        let (a, b) = (Array(word.utf8), Array(other.utf8))
        if a.count == b.count {
            let places = a.indices.filter { a[$0] != b[$0] }
            guard places.count == 2 else { return places.count < 2 && a.count > 2 }
            return places[1] == places[0] + 1 && a[places[0]] == b[places[1]] && a[places[1]] == b[places[0]]
        }
        let (long, short) = a.count > b.count ? (a, b) : (b, a)
        guard long.count == short.count + 1 else { return false }
        return long.indices.contains { place in
            var without = long
            without.remove(at: place)
            return without == short
        }
    }

    private static func rcloneRemote(_ text: String) throws(VarveError) -> String {
        guard !text.isEmpty, text != ":" else {
            throw VarveError(
                .usage, "rclone: names no remote",
                advice: "write rclone:REMOTE:PATH; `rclone listremotes` shows remotes")
        }
        // rclone would take it for an option.
        guard !text.hasPrefix("-") else {
            throw VarveError(.usage, "the name of a remote of rclone cannot begin with a dash")
        }
        // To rclone that is a folder of this machine.
        guard text.contains(":") || text.hasPrefix("/") || text.hasPrefix(".") else {
            throw VarveError(
                .usage, "the name of the remote after rclone: has no colon", advice: "write rclone:\(text):PATH")
        }
        return text
    }

    /// For messages: as it was written, without what may be secret.
    package var shown: String {
        switch self {
        case .local(let path): path
        case .s3(let location): location.shown
        case .rest(let location): location.shown
        case .rclone(let remote): "rclone:" + BackendLocation.withoutParameters(remote)
        case .sftp(let location): location.shown
        }
    }

    /// ":sftp,host=h,pass=p:path" holds a password: what stands between the first comma and the path is left out.
    private static func withoutParameters(_ remote: String) -> String {
        guard let comma = remote.firstIndex(of: ","), let colon = remote.lastIndex(of: ":"), comma < colon,
            !remote[..<comma].contains("/")
        else { return remote }
        return remote[..<comma] + ",…" + remote[colon...]
    }
}
