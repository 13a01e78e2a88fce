import Hashing
import Primitives
import SeededData

/// Measures the hashing of chunks of several lengths against OpenSSL's SHA-256 of as many bytes.
enum ChunkIDGroup {
    static func measure(with bench: Bench) throws {
        let buffer = try bench.data(.text, count: bench.mediumBuffer)
        let bytes = buffer.prefix(buffer.capacity)
        for length in [8, 16, 32, 64].map({ $0 << 10 }) {
            try compare(
                lengths: [Int](repeating: length, count: bytes.count / length), as: "\(length)", bytes, bench)
        }
        try compare(lengths: mixedLengths(below: bytes.count), as: "8192-65536", bytes, bench)
    }

    private static func compare(
        lengths: [Int], as parameter: String, _ bytes: UnsafeRawBufferPointer, _ bench: Bench
    ) throws {
        let hasher = [UInt8](repeating: 6, count: 32).withUnsafeBytes { ChunkHasher(key: $0) }
        var start = 0
        nonisolated(unsafe) let chunks = lengths.map { length in
            defer { start += length }
            return UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        }
        let together = Kernel("chunk IDs") {
            Results.take(hasher.ids(of: chunks, as: .data).reduce(0) { $0 &+ $1.w0 })
        }
        let oneByOne = Kernel("chunk IDs, one by one") {
            Results.take(chunks.reduce(0) { $0 &+ hasher.id(of: $1, as: .data).w0 })
        }
        try bench.compare(
            [together, oneByOne], to: [.sha256(bytes, lengths: lengths)], in: .chunkIDs, data: DataKind.text.rawValue,
            parameter: parameter,
            bytes: lengths.reduce(0, +))
    }

    /// Lengths as they come from a chunker, all different.
    private static func mixedLengths(below limit: Int) -> [Int] {
        var random = SeededRandom(seed: 6)
        var lengths: [Int] = []
        var sum = 0
        while true {
            let length = (8 << 10) + random.next(below: 56 << 10)
            sum += length
            if sum > limit { return lengths }
            lengths.append(length)
        }
    }
}
