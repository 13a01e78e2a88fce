import Primitives

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): the same numbers from the
/// same seed, and each reachable without those before it.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number below `limit`; faster, and less even, than the standard library's, which does not matter here.
    @inline(__always)
    mutating func next(below limit: Int) -> Int { Int(((next() >> 32) &* UInt64(limit)) >> 32) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

extension Digest {
    /// The digest with this number in a list that never repeats itself, as evenly distributed as real ones.
    init(numbered number: Int) {
        var random = SplitMix64(seed: UInt64(truncatingIfNeeded: number) &* 0xD134_2543_DE82_EF95)
        self.init(random.next(), random.next(), random.next(), random.next())
    }
}
