import Primitives

/// What a server answers to one request.
enum SFTPResponse: Hashable, Sendable {
    case outcome(SFTPStatus)
    case handle([UInt8])
    case data(ArraySlice<UInt8>)
    case names([SFTPName])
    case attributes(SFTPAttributes)
    case extendedReply(ArraySlice<UInt8>)

    /// The longest handle that the draft allows.
    private static let handleLimit = 256

    /// Reads a packet without its length.
    ///
    /// - Throws: where it is no answer of version 3, or ends too early.
    static func decode(_ packet: ArraySlice<UInt8>) throws(MalformedBytes) -> (id: UInt32, SFTPResponse) {
        var reader = ByteReader(packet, of: "SFTP answer")
        let type = try reader.readInteger(UInt8.self)
        let id = try reader.readNumber(UInt32.self)
        switch SFTPMessageType(rawValue: type) {
        case .outcome: return (id, .outcome(try SFTPStatus(reading: &reader)))
        case .handle:
            let handle = try reader.readString(upTo: handleLimit)
            return (id, .handle(Array(handle)))
        case .data: return (id, .data(try reader.readString(upTo: SFTPPacketStream.lengthLimit)))
        case .names:
            let count = Int(try reader.readNumber(UInt32.self))
            // Two lengths and the flags of the attributes are the least that a name takes.
            guard count <= reader.remaining / 12 else { throw reader.malformed("\(count) names do not fit into it") }
            var names: [SFTPName] = []
            names.reserveCapacity(count)
            for _ in 0..<count { names.append(try SFTPName(reading: &reader)) }
            return (id, .names(names))
        case .attributes: return (id, .attributes(try SFTPAttributes(reading: &reader)))
        case .extendedReply: return (id, .extendedReply(try reader.readSlice(reader.remaining)))
        default: throw reader.malformed("type \(type) is no answer")
        }
    }
}

/// What a server says of itself at first.
struct SFTPGreeting: Hashable, Sendable {
    var version: UInt32
    var extensions: Set<SFTPExtension>

    init(version: UInt32, extensions: Set<SFTPExtension>) {
        self.version = version
        self.extensions = extensions
    }

    /// Reads a packet without its length. Unknown extensions are left out.
    init(decoding packet: ArraySlice<UInt8>) throws(MalformedBytes) {
        var reader = ByteReader(packet, of: "SFTP greeting")
        let type = try reader.readInteger(UInt8.self)
        guard type == SFTPMessageType.version.rawValue else { throw reader.malformed("it has type \(type)") }
        version = try reader.readNumber(UInt32.self)
        extensions = []
        while !reader.isAtEnd {
            let name = String(decoding: try reader.readString(upTo: 1 << 12), as: UTF8.self)
            _ = try reader.readString(upTo: 1 << 16)
            if let known = SFTPExtension(rawValue: name) { extensions.insert(known) }
        }
    }
}

extension SFTPStatus {
    /// Servers of older versions leave the message out.
    init(reading reader: inout ByteReader) throws(MalformedBytes) {
        let number = try reader.readNumber(UInt32.self)
        let text = reader.isAtEnd ? [] : try reader.readString(upTo: SFTPPacketStream.lengthLimit)
        self.init(Code(rawValue: number) ?? .failure, ByteString.display(text.prefix(500)))
    }
}

/// What a server says of a file.
struct SFTPAttributes: Hashable, Sendable {
    /// In bytes.
    var size: UInt64?
    /// With the type of the file in the high bits, as in `st_mode`.
    var permissions: UInt32?
    /// When it was changed last, by the server's clock, in seconds since 1970.
    var modified: UInt32?

    static let permissionsFlag: UInt32 = 0x04
    private static let sizeFlag: UInt32 = 0x01
    private static let ownerFlag: UInt32 = 0x02
    private static let timesFlag: UInt32 = 0x08
    private static let extendedFlag: UInt32 = 0x8000_0000

    init(size: UInt64? = nil, permissions: UInt32? = nil, modified: UInt32? = nil) {
        self.size = size
        self.permissions = permissions
        self.modified = modified
    }

    init(reading reader: inout ByteReader) throws(MalformedBytes) {
        let flags = try reader.readNumber(UInt32.self)
        if flags & SFTPAttributes.sizeFlag != 0 { size = try reader.readNumber(UInt64.self) }
        if flags & SFTPAttributes.ownerFlag != 0 { _ = try reader.readSlice(8) }
        if flags & SFTPAttributes.permissionsFlag != 0 { permissions = try reader.readNumber(UInt32.self) }
        if flags & SFTPAttributes.timesFlag != 0 {
            _ = try reader.readSlice(4)
            modified = try reader.readNumber(UInt32.self)
        }
        guard flags & SFTPAttributes.extendedFlag != 0 else { return }
        for _ in 0..<(try reader.readNumber(UInt32.self)) {
            _ = try reader.readString(upTo: SFTPPacketStream.lengthLimit)
            _ = try reader.readString(upTo: SFTPPacketStream.lengthLimit)
        }
    }

    /// A server that tells no type means a file.
    var isFile: Bool { permissions.map { $0 & 0o170000 == 0o100000 || $0 & 0o170000 == 0 } ?? true }
    var isFolder: Bool { permissions.map { $0 & 0o170000 == 0o040000 } ?? false }
}

/// An entry of a folder.
struct SFTPName: Hashable, Sendable {
    var name: [UInt8]
    var attributes: SFTPAttributes

    init(_ name: [UInt8], _ attributes: SFTPAttributes) {
        self.name = name
        self.attributes = attributes
    }

    init(reading reader: inout ByteReader) throws(MalformedBytes) {
        name = Array(try reader.readString(upTo: 1 << 14))
        // The same for people, as `ls -l` shows it.
        _ = try reader.readString(upTo: 1 << 16)
        attributes = try SFTPAttributes(reading: &reader)
    }
}

/// The most bytes of requests, as `limits@openssh.com` tells them.
struct SFTPLimits: Hashable, Sendable {
    /// What the draft says that every server takes.
    static let smallest = SFTPLimits(read: 32_768, write: 32_768)
    /// More would not be quicker.
    private static let largest: UInt64 = 261_120

    var read: Int
    var write: Int

    init(read: Int, write: Int) {
        self.read = read
        self.write = write
    }

    init(decoding reply: ArraySlice<UInt8>) throws(MalformedBytes) {
        var reader = ByteReader(reply, of: "SFTP limits")
        func limit(_ told: UInt64) -> Int {
            // 0 is for "no limit known".
            told == 0 ? SFTPLimits.smallest.read : Int(min(max(told, 1024), SFTPLimits.largest))
        }
        _ = try reader.readNumber(UInt64.self)
        read = limit(try reader.readNumber(UInt64.self))
        write = limit(try reader.readNumber(UInt64.self))
    }
}

extension ByteReader {
    /// A big-endian number of the type's width.
    mutating func readNumber<T: FixedWidthInteger>(_ type: T.Type) throws(MalformedBytes) -> T {
        try readInteger(type).byteSwapped
    }

    /// Bytes with their length in front.
    mutating func readString(upTo limit: Int) throws(MalformedBytes) -> ArraySlice<UInt8> {
        let count = Int(try readNumber(UInt32.self))
        guard count <= limit else { throw malformed("a string of \(count) bytes is too long") }
        return try readSlice(count)
    }
}
