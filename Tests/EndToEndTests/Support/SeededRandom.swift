/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Made-up content.
enum Sample {
    /// Bytes that neither compress nor repeat.
    static func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, length in
            for offset in stride(from: 0, to: count, by: 8) {
                UnsafeMutableRawBufferPointer(buffer).storeBytes(
                    of: random.next().littleEndian, toByteOffset: offset, as: UInt64.self)
            }
            length = count
        }
    }

    /// Numbered lines, as a dump has them.
    static func lines(_ count: Int, from first: Int = 0) -> [UInt8] {
        (first..<first + count).flatMap { Array("\($0)\tcustomer \($0 &* 7919 % 10007)\topen\n".utf8) }
    }
}
