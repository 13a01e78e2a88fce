import Chunking
import HostileStreams
import Primitives
import SeededData

/// Measures stage 1 alone and whole chunkers, with each level of the kernels and on each kind of data, against reading
/// memory and against Gear.
enum ChunkerGroup {
    /// What is made with the keys known, so that it has as many candidates as there can be.
    static let adversarial = "adversarial"

    static func measure(with bench: Bench) throws {
        let averages = bench.isQuick ? [13, 15, 20] : Array(ChunkerParameters.allowedBits)
        for kind in DataKind.allCases {
            let buffer = try bench.data(kind, count: bench.largeBuffer)
            for bits in averages {
                guard let parameters = ChunkerParameters(bits: bits) else { continue }
                let keys = keys(for: parameters)
                try compare(parameters, keys, kind.rawValue, buffer.prefix(buffer.capacity), bench)
            }
        }
        for bits in [13, 14, 15] {
            guard let parameters = ChunkerParameters(bits: bits) else { continue }
            let keys = keys(for: parameters)
            var streams = HostileStreams(parameters: parameters, keys: keys, seed: 7)
            try streams.dense(2 << 20).withUnsafeBytes { bytes in
                try compare(parameters, keys, adversarial, bytes, bench)
            }
        }
        if !bench.isQuick { try HostileStreamsSearch.measure(1000, with: bench) }
    }

    static func keys(for parameters: ChunkerParameters, seed: UInt64 = 5) -> ChunkerKeys {
        var random = SeededRandom(seed: seed)
        return ChunkerKeys(parameters: parameters, prfKey: random.lowBytes(16)) { _ in random.lowBytes(10) }
    }

    private static func compare(
        _ parameters: ChunkerParameters, _ keys: ChunkerKeys, _ data: String, _ bytes: UnsafeRawBufferPointer,
        _ bench: Bench
    ) throws {
        var kernels: [Kernel] = []
        for level in KernelLevel.available {
            let chunker = Chunker(parameters: parameters, keys: keys, level: level)
            kernels.append(Kernel(level.rawValue) { Results.take(chunkCount(of: bytes, chunker)) })
            // Stage 1 knows of the average only how rare candidates are.
            guard parameters == .standard else { continue }
            let scanner = scanner(level, keys.multipliers, parameters.candidateThreshold)
            kernels.append(Kernel("\(level) stage 1") { Results.take(candidateCount(in: bytes, scanner)) })
        }
        try bench.compare(
            kernels, to: [.memoryRead(bytes), .scalarGear(bytes, average: parameters.average)], in: .chunker,
            data: data, parameter: "\(parameters.average)", bytes: bytes.count)
    }

    private static func scanner(
        _ level: KernelLevel, _ multipliers: Multipliers, _ threshold: UInt16
    ) -> any CandidateScanner {
        VectorScanner(level, multipliers: multipliers, threshold: threshold)
            ?? PortableScanner(multipliers: multipliers, threshold: threshold)
    }

    static func chunkCount(of bytes: UnsafeRawBufferPointer, _ chunker: Chunker) -> Int {
        var chunker = chunker
        var rest = bytes
        var count = 0
        while let length = chunker.nextCut(in: rest, isEndOfStream: true) {
            rest = UnsafeRawBufferPointer(rebasing: rest[length...])
            count += 1
        }
        return count
    }

    private static func candidateCount(in bytes: UnsafeRawBufferPointer, _ scanner: any CandidateScanner) -> Int {
        guard let start = bytes.baseAddress else { return 0 }
        var found = 0
        var position = CandidateGroup.lead
        while position <= bytes.count {
            let rest = bytes.count - position + 1
            let group = scanner.firstCandidates(in: start, from: position, count: rest)
            found += group.bits.nonzeroBitCount
            position += min(group.distance + CandidateGroup.size, rest)
        }
        return found
    }
}
