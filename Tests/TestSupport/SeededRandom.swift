import Primitives
import Threads

/// Random numbers that are the same in every run (splitmix64).
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// `count` random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, filled in
            // Whole words, since tests are built without optimization.
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            for position in stride(from: 0, to: count, by: 8) {
                bytes.storeBytes(of: next().littleEndian, toByteOffset: position, as: UInt64.self)
            }
            filled = count
        }
    }

    /// `count` bytes that look like the rows of a dump: they compress about 3 : 1.
    public mutating func text(_ count: Int) -> [UInt8] {
        let words = [
            "alpha", "beta", "gamma", "delta", "\t", "\n", "1024", "2026-11-21", "order", "customer", "shipped",
        ]
        var bytes: [UInt8] = []
        while bytes.count < count {
            bytes += Array(words[Int(next() % UInt64(words.count))].utf8) + Array(" \(next() % 100_000)".utf8)
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
