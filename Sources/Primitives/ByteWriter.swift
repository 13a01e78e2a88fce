/// Appends little-endian numbers, varints and bytes to a growing array (`format-spec/README.md`, "Numbers").
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8]

    public init(reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public var count: Int { bytes.count }

    public mutating func append(_ value: UInt8) { bytes.append(value) }

    /// Appends `value` as little-endian bytes, as many as the type has.
    @inlinable
    public mutating func appendInteger<T: FixedWidthInteger & Sendable>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { append($0) }
    }

    public mutating func append(_ buffer: UnsafeRawBufferPointer) { bytes.append(contentsOf: buffer) }

    public mutating func append(_ array: [UInt8]) { bytes.append(contentsOf: array) }

    public mutating func append(_ digest: Digest) {
        appendInteger(digest.w0)
        appendInteger(digest.w1)
        appendInteger(digest.w2)
        appendInteger(digest.w3)
    }

    /// Appends an unsigned LEB128 number in its shortest form.
    public mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Appends a signed number: zigzag, then as a varint.
    public mutating func appendSignedVarint(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Appends the length as a varint, then the bytes.
    public mutating func appendCounted(_ array: [UInt8]) {
        appendVarint(UInt64(array.count))
        bytes.append(contentsOf: array)
    }

    /// Appends `count` zero bytes.
    public mutating func appendZeros(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }
}
