/// What is wrong with bytes that should follow the format. The caller adds which object they came from.
public struct MalformedBytes: Error, Equatable, CustomStringConvertible {
    /// What is wrong, as a clause: "list node: count 5000 is above 4096".
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Reads little-endian numbers, varints and bytes, and never past the end, whatever the bytes say.
public struct ByteReader: Sendable {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private let subject: String

    /// - Parameter subject: what is being read ("list node"); it stands first in every error.
    public init(_ bytes: [UInt8], of subject: String) {
        self.init(bytes[...], of: subject)
    }

    public init(_ bytes: ArraySlice<UInt8>, of subject: String) {
        self.bytes = bytes
        self.position = bytes.startIndex
        self.subject = subject
    }

    /// The bytes not read yet.
    public var remaining: Int { bytes.endIndex - position }
    public var isAtEnd: Bool { remaining == 0 }

    /// An error about these bytes.
    public func malformed(_ problem: String) -> MalformedBytes { MalformedBytes("\(subject): \(problem)") }

    /// - Throws: `MalformedBytes` where fewer than `count` bytes are left.
    public mutating func readBytes(_ count: Int) throws(MalformedBytes) -> [UInt8] {
        Array(try readSlice(count))
    }

    /// Like ``readBytes(_:)``, without a copy.
    public mutating func readSlice(_ count: Int) throws(MalformedBytes) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else {
            throw malformed("ends \(count - remaining) bytes too early")
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// Reads a little-endian number of the type's width.
    public mutating func readInteger<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(MalformedBytes) -> T {
        let slice = try readSlice(MemoryLayout<T>.size)
        return slice.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(as: T.self)) }
    }

    public mutating func readDigest() throws(MalformedBytes) -> Digest {
        let slice = try readSlice(Digest.byteCount)
        return slice.withUnsafeBytes { Digest(loadingFrom: $0.baseAddress.unsafelyUnwrapped) }
    }

    public mutating func readIdentifier() throws(MalformedBytes) -> Identifier {
        Identifier(uncheckedBytes: try readBytes(Identifier.byteCount))
    }

    /// Reads an unsigned LEB128 number; one that is not in its shortest form is refused.
    public mutating func readVarint() throws(MalformedBytes) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readInteger(UInt8.self)
            if shift == 63, byte > 1 { throw malformed("a varint is above 64 bits") }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 {
                if byte == 0, shift > 0 { throw malformed("a varint is not in its shortest form") }
                return value
            }
            shift += 7
            if shift > 63 { throw malformed("a varint is above 64 bits") }
        }
    }

    /// Reads a zigzag number.
    public mutating func readSignedVarint() throws(MalformedBytes) -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads a varint that is a count or a length, at most `limit`.
    public mutating func readCount(upTo limit: Int, of what: String) throws(MalformedBytes) -> Int {
        let value = try readVarint()
        guard value <= UInt64(limit) else { throw malformed("\(what) \(value) is above \(limit)") }
        return Int(value)
    }

    /// Reads a length as a varint, then so many bytes.
    public mutating func readCounted(upTo limit: Int, of what: String) throws(MalformedBytes) -> [UInt8] {
        try readBytes(try readCount(upTo: limit, of: what))
    }

    /// - Throws: `MalformedBytes` where anything is left.
    public func expectEnd() throws(MalformedBytes) {
        if remaining != 0 { throw malformed("\(remaining) bytes too many") }
    }

    /// Reads `count` bytes that must be zero.
    public mutating func readZeros(_ count: Int) throws(MalformedBytes) {
        for byte in try readSlice(count) where byte != 0 {
            throw malformed("a reserved byte is not zero")
        }
    }
}
