/// A 32-byte SHA-256 or HMAC-SHA256 value, held as four words because a dictionary key must not allocate.
///
/// The words hold the bytes in memory order: byte 0 is the lowest byte of `w0` (`format-spec/README.md`, "Numbers").
@frozen
public struct Digest: Hashable, Sendable {
    public let w0, w1, w2, w3: UInt64

    /// The number of bytes in a digest.
    public static let byteCount = 32

    @inlinable
    public init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        self.w0 = w0
        self.w1 = w1
        self.w2 = w2
        self.w3 = w3
    }

    /// Reads 32 bytes from `pointer`, which need not be aligned.
    @inlinable
    public init(loadingFrom pointer: UnsafeRawPointer) {
        w0 = UInt64(littleEndian: pointer.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        w1 = UInt64(littleEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        w2 = UInt64(littleEndian: pointer.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        w3 = UInt64(littleEndian: pointer.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    /// Takes exactly 32 bytes; `nil` for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Digest.byteCount else { return nil }
        self = bytes.withUnsafeBytes { Digest(loadingFrom: $0.baseAddress.unsafelyUnwrapped) }
    }

    /// Takes 64 lower- or upper-case hex digits; `nil` for anything else.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// Writes the 32 bytes to `pointer`, which need not be aligned.
    @inlinable
    public func store(to pointer: UnsafeMutableRawPointer) {
        pointer.storeBytes(of: w0.littleEndian, toByteOffset: 0, as: UInt64.self)
        pointer.storeBytes(of: w1.littleEndian, toByteOffset: 8, as: UInt64.self)
        pointer.storeBytes(of: w2.littleEndian, toByteOffset: 16, as: UInt64.self)
        pointer.storeBytes(of: w3.littleEndian, toByteOffset: 24, as: UInt64.self)
    }

    /// The 32 bytes in order.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { buffer, count in
            store(to: UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped))
            count = Digest.byteCount
        }
    }

    /// 64 lower-case hex digits.
    public var hex: String { Hex.encode(bytes) }

    /// The first 8 hex digits, as messages and tables show it.
    public var shortHex: String { Hex.encode(bytes[..<4]) }

    // A digest is uniformly distributed already: one word is hash enough.
    @inlinable
    public func hash(into hasher: inout Hasher) { hasher.combine(w1) }
}

extension Digest: Comparable {
    /// Orders as the bytes do, first byte first.
    @inlinable
    public static func < (a: Digest, b: Digest) -> Bool {
        if a.w0 != b.w0 { return a.w0.byteSwapped < b.w0.byteSwapped }
        if a.w1 != b.w1 { return a.w1.byteSwapped < b.w1.byteSwapped }
        if a.w2 != b.w2 { return a.w2.byteSwapped < b.w2.byteSwapped }
        return a.w3.byteSwapped < b.w3.byteSwapped
    }
}

extension Digest: CustomStringConvertible {
    public var description: String { hex }
}

/// Names the plain bytes of a chunk, keyed (`format-spec/keys.md`, "Chunk ID").
public typealias ChunkID = Digest
