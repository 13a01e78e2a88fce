import Threads

/// Measures each limit by itself.
enum LimitsGroup {
    static func measure(with bench: Bench) throws {
        let random = try bench.data(.random, count: bench.largeBuffer)
        let large = random.prefix(random.capacity)
        let copy = Buffer(capacity: large.count)
        try report(.memoryRead(large), large.count, .random, "\(large.count)", bench)
        try report(.memoryCopy(large, into: copy), large.count, .random, "\(large.count)", bench)

        let text = try bench.data(.text, count: bench.mediumBuffer)
        let bytes = text.prefix(text.capacity)
        let hashed = [Int](repeating: 32 << 10, count: bytes.count / (32 << 10))
        try report(.sha256(bytes, lengths: hashed), bytes.count, .text, "32768", bench)
        try report(.encryption(bytes, partLength: 1 << 20), bytes.count, .text, "1048576", bench)
        try report(.decryption(bytes, partLength: 1 << 20), bytes.count, .text, "1048576", bench)
        try report(.scalarGear(bytes, average: 32 << 10), bytes.count, .text, "32768", bench)
        for level in CompressionGroup.levels {
            let part = text.prefix(CompressionGroup.length(atLevel: level, with: bench))
            guard let limit = Limit.compression(part, blockLength: 1 << 20, level: Int32(level)) else { continue }
            try report(limit, part.count, .text, "1048576", bench)
        }
        try report(try .decompression(bytes, blockLength: 1 << 20), bytes.count, .text, "1048576", bench)
    }

    private static func report(
        _ limit: Limit, _ bytes: Int, _ data: DataKind, _ parameter: String, _ bench: Bench
    ) throws {
        try bench.compare(
            [limit.kernel], to: [], in: .limits, data: data.rawValue, parameter: parameter, bytes: bytes)
    }
}
