import Primitives
import SeededData

extension SeededRandom {
    /// A number below `limit`; faster, and less even, than the standard library's, which does not matter here.
    @inline(__always)
    mutating func next(below limit: Int) -> Int { Int(((next() >> 32) &* UInt64(limit)) >> 32) }

    /// The lowest bytes of the next numbers; the recorded runs have their keys from these.
    mutating func lowBytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

extension Digest {
    /// The digest with this number in a list that never repeats itself, as evenly distributed as real ones.
    init(numbered number: Int) {
        var random = SeededRandom(seed: UInt64(truncatingIfNeeded: number) &* 0xD134_2543_DE82_EF95)
        self = random.digest()
    }
}
