import SeededData

/// Made-up content.
enum Sample {
    /// Bytes that neither compress nor repeat.
    static func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return random.bytes(count)
    }

    /// Numbered lines, as a dump has them.
    static func lines(_ count: Int, from first: Int = 0) -> [UInt8] {
        (first..<first + count).flatMap { Array("\($0)\tcustomer \($0 &* 7919 % 10007)\topen\n".utf8) }
    }
}
