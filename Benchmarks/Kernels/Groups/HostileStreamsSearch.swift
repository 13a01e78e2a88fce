import Chunking
import HostileStreams
import Primitives

/// Looks for the slowest of many streams that somebody made who knows every key: no input may bring a backup to a halt.
enum HostileStreamsSearch {
    private static let streamLength = 128 << 10
    /// Averages at which a chunk is longest with one position in 2^f being a candidate by chance, and longer ones.
    private static let bits = [13, 14, 15, 16]
    private static let periods = [1, 2, 3, 5, 8, 16, 31, 32, 33, 63, 64, 65, 100, 128, 255, 300, 512, 1000, 2048, 4096]
    private static let stretches = [16, 64, 256, 1000, 4000]

    /// Reports the speed of the slowest of `count` streams with the kernel that runs here.
    static func measure(_ count: Int, with bench: Bench) throws {
        var slowest = (speed: Double.infinity, average: 0)
        for number in 0..<count {
            guard let parameters = ChunkerParameters(bits: bits[number % bits.count]) else { continue }
            let keys = ChunkerGroup.keys(for: parameters, seed: UInt64(number))
            let stream = stream(number / bits.count, parameters, keys)
            let speed = try stream.withUnsafeBytes { bytes in
                let chunker = Chunker(parameters: parameters, keys: keys)
                let kernel = Kernel("chunker") { Results.take(ChunkerGroup.chunkCount(of: bytes, chunker)) }
                let (times, _) = try Stopwatch.bestTimes(of: [kernel], .init(leastRuns: 8, leastSeconds: 0))
                return Double(bytes.count) / times[0] / 1e9
            }
            if speed < slowest.speed { slowest = (speed, parameters.average) }
        }
        try bench.report(
            Measurement(
                group: .chunker, name: "\(ChunkerKernel.running), slowest of \(count)",
                data: ChunkerGroup.adversarial, parameter: "\(slowest.average)", value: slowest.speed, unit: "GB/s",
                bytes: streamLength, runs: 8))
    }

    /// Dense candidates, the same repeated, and the same between noise and zeros, in turn.
    private static func stream(_ number: Int, _ parameters: ChunkerParameters, _ keys: ChunkerKeys) -> [UInt8] {
        var streams = HostileStreams(parameters: parameters, keys: keys, seed: UInt64(number))
        streams.avoidsLateCuts = number.isMultiple(of: 2)
        return switch number % 3 {
        case 0: streams.dense(streamLength)
        case 1: streams.periodic(streamLength, period: periods[number / 3 % periods.count])
        default: streams.mixed(streamLength, stretch: stretches[number / 3 % stretches.count])
        }
    }
}
