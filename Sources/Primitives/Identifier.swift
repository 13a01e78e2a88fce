/// A random 16-byte identifier: of a repository family, a location, a session or a writer.
public struct Identifier: Hashable, Sendable, CustomStringConvertible {
    public static let byteCount = 16
    public let bytes: [UInt8]

    /// Takes exactly 16 bytes; `nil` for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Identifier.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Takes 32 hex digits; `nil` for anything else.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// 16 bytes from `random`.
    public init(from random: some RandomBytes) {
        bytes = random.bytes(Identifier.byteCount)
    }

    public static let zero = Identifier(uncheckedBytes: [UInt8](repeating: 0, count: byteCount))

    init(uncheckedBytes: [UInt8]) { bytes = uncheckedBytes }

    public var hex: String { Hex.encode(bytes) }
    public var description: String { hex }
}

/// Where random bytes come from: the kernel, or a seeded generator in tests.
public protocol RandomBytes: Sendable {
    func bytes(_ count: Int) -> [UInt8]
}

/// Random bytes of the operating system (`getrandom`, through Swift's system generator).
public struct SystemRandom: RandomBytes {
    public init() {}

    public func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
