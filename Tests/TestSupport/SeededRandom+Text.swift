import SeededData

extension SeededRandom {
    /// `count` bytes that look like the rows of a dump: they compress about 3 : 1.
    package mutating func text(_ count: Int) -> [UInt8] {
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
