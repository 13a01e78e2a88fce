import SeededData

/// What there is to back up: streams, and contents of files, put together from a few blocks, so that they share chunks, or have chunks that differ a little.
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
            streams[name] = (0..<count).flatMap { _ in block(random: &random) }
        }
        return streams
    }

    /// A block, or a later version of one.
    func block(random: inout SeededRandom) -> [UInt8] {
        guard var block = blocks.randomElement(using: &random) else { return [] }
        if Bool.random(using: &random) {
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                block[Int.random(in: 0..<block.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return block
    }
}
