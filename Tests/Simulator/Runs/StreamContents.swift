import SeededData

/// What there is to back up: streams put together from a few blocks, so that they share chunks.
struct StreamContents {
    private let blocks: [[UInt8]]

    init(random: inout SeededRandom) {
        blocks = (0..<10).map { number in
            let count = Int.random(in: 1_000..<30_000, using: &random)
            // Every other block can be compressed.
            if number % 2 == 0 { return random.bytes(count) }
            let line = random.bytes(97)
            return (0..<count).map { line[$0 % 97] ^ UInt8(truncatingIfNeeded: $0 / 970) }
        }
    }

    /// One to three streams, by name.
    func draw(random: inout SeededRandom) -> [String: [UInt8]] {
        var streams: [String: [UInt8]] = [:]
        for name in ["app.sql", "mail", "db/orders"].prefix(Int.random(in: 1...3, using: &random)) {
            let count = Int.random(in: 1...4, using: &random)
            streams[name] = (0..<count).flatMap { _ in blocks.randomElement(using: &random) ?? [] }
        }
        return streams
    }
}
