import Primitives

/// A listing of restic's REST protocol: `[{"name":"3f2a…","size":17},…]`, or `["3f2a…",…]` in its version 1.
///
/// The bytes come from a server that may be anything: they are read once from front to back, and nothing but the objects
/// is kept.
enum RESTListing {
    struct Entry: Hashable, Sendable {
        let id: Digest
        /// `nil` where the server does not say.
        let size: UInt64?
    }

    /// Why bytes are no listing.
    struct Malformed: Error, Hashable {
        let problem: String
    }

    /// The objects, each once. Names that are no lower-case SHA-256 are left out.
    static func parse(_ bytes: [UInt8]) throws(Malformed) -> [Entry] {
        var failure: Malformed?
        var entries: [Entry] = []
        bytes.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            do throws(Malformed) { entries = try parse(&scanner) } catch { failure = error }
        }
        if let failure { throw failure }
        // A storage under rclone may have several objects of one name.
        var seen: Set<Digest> = []
        return entries.filter { seen.insert($0.id).inserted }
    }

    private static func parse(_ scanner: inout JSONScanner) throws(Malformed) -> [Entry] {
        var entries: [Entry] = []
        // An empty folder is `null` to some servers.
        if !scanner.skip("null") {
            try scanner.expect("[")
            if !scanner.skip("]") {
                repeat {
                    if let entry = try entry(&scanner) { entries.append(entry) }
                } while scanner.skip(",")
                try scanner.expect("]")
            }
        }
        guard scanner.isAtEnd else { throw Malformed(problem: "something follows the listing") }
        return entries
    }

    private static func entry(_ scanner: inout JSONScanner) throws(Malformed) -> Entry? {
        guard scanner.skip("{") else { return digest(try scanner.string()).map { Entry(id: $0, size: nil) } }
        var name: UnsafeBufferPointer<UInt8>?
        var size: UInt64?
        if !scanner.skip("}") {
            repeat {
                let member = try scanner.string()
                try scanner.expect(":")
                if member.elementsEqual("name".utf8) {
                    name = try scanner.string()
                } else if member.elementsEqual("size".utf8) {
                    size = UInt64(try scanner.number())
                } else {
                    try scanner.skipValue()
                }
            } while scanner.skip(",")
            try scanner.expect("}")
        }
        guard let name else { throw Malformed(problem: "an object in it has no name") }
        return digest(name).map { Entry(id: $0, size: size) }
    }

    private static func digest(_ name: UnsafeBufferPointer<UInt8>) -> Digest? {
        guard name.count == 64 else { return nil }
        let text = String(decoding: name, as: UTF8.self)
        guard let id = Digest(hex: text), id.hex == text else { return nil }
        return id
    }
}

/// Reads JSON (RFC 8259) from front to back.
///
/// Of strings it gives the bytes between the quotes as they stand: names that have an escape in them are none of ours.
struct JSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    private static let depthLimit = 32

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Whether nothing but space is left.
    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == bytes.count
        }
    }

    /// Goes over `token` where it comes next.
    mutating func skip(_ token: StaticString) -> Bool {
        skipSpace()
        guard bytes.count - position >= token.utf8CodeUnitCount else { return false }
        for index in 0..<token.utf8CodeUnitCount where bytes[position + index] != token.utf8Start[index] {
            return false
        }
        position += token.utf8CodeUnitCount
        return true
    }

    mutating func expect(_ token: StaticString) throws(RESTListing.Malformed) {
        if !skip(token) { throw unexpected("\(token)") }
    }

    mutating func string() throws(RESTListing.Malformed) -> UnsafeBufferPointer<UInt8> {
        try expect("\"")
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return UnsafeBufferPointer(rebasing: bytes[start..<position - 1])
            case UInt8(ascii: "\\"): position += 2
            case 0..<0x20: throw unexpected("the rest of a string")
            default: position += 1
            }
        }
        position = bytes.count
        throw unexpected("the rest of a string")
    }

    /// As it stands: "17", "-1", "1.5e3".
    mutating func number() throws(RESTListing.Malformed) -> String {
        skipSpace()
        let start = position
        while position < bytes.count, position - start < 64, "+-.0123456789Ee".utf8.contains(bytes[position]) {
            position += 1
        }
        if position == start { throw unexpected("a number") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Goes over any value.
    mutating func skipValue(depth: Int = 0) throws(RESTListing.Malformed) {
        if depth > JSONScanner.depthLimit { throw RESTListing.Malformed(problem: "its values are nested too deep") }
        if skip("{") {
            if skip("}") { return }
            repeat {
                _ = try string()
                try expect(":")
                try skipValue(depth: depth + 1)
            } while skip(",")
            try expect("}")
        } else if skip("[") {
            if skip("]") { return }
            repeat { try skipValue(depth: depth + 1) } while skip(",")
            try expect("]")
        } else if !skip("true"), !skip("false"), !skip("null") {
            skipSpace()
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                _ = try string()
            } else {
                _ = try number()
            }
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    private func unexpected(_ wanted: String) -> RESTListing.Malformed {
        RESTListing.Malformed(problem: "\(wanted) is missing after \(position) bytes")
    }
}
