import Primitives

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): the same numbers for the
/// same seed, everywhere.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    @inlinable
    package init(seed: UInt64) { state = seed }

    @inlinable
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// `count` random bytes: those of the next numbers, each with its lowest byte first.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, filled in
            // Whole words, since tests are built without optimization.
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            for position in stride(from: 0, to: count, by: 8) {
                bytes.storeBytes(of: next().littleEndian, toByteOffset: position, as: UInt64.self)
            }
            filled = count
        }
    }

    /// A digest of the next four numbers.
    @inlinable
    package mutating func digest() -> Digest { Digest(next(), next(), next(), next()) }
}
