import Chunking

/// Measures stage 1 alone and whole chunkers, with each level of the scanner and on each kind of data, against reading
/// memory and against Gear.
enum ChunkerGroup {
    static func measure(with bench: Bench) throws {
        let averages = bench.isQuick ? [13, 15, 20] : Array(ChunkerParameters.allowedBits)
        for kind in DataKind.allCases {
            let buffer = try bench.data(kind, count: bench.largeBuffer)
            let bytes = buffer.prefix(buffer.capacity)
            for bits in averages {
                guard let parameters = ChunkerParameters(bits: bits) else { continue }
                try compare(parameters, kind, bytes, bench)
            }
        }
    }

    private static func compare(
        _ parameters: ChunkerParameters, _ kind: DataKind, _ bytes: UnsafeRawBufferPointer, _ bench: Bench
    ) throws {
        var random = SplitMix64(seed: 5)
        let keys = ChunkerKeys(parameters: parameters, prfKey: random.bytes(16)) { _ in random.bytes(10) }
        var kernels: [Kernel] = []
        for level in ScannerLevel.all {
            let scanner = level.scanner(keys.multipliers, parameters.candidateThreshold)
            // Stage 1 knows of the average only how rare candidates are.
            if parameters == .standard {
                kernels.append(
                    Kernel("\(level.name) stage 1") { Results.take(candidateCount(in: bytes, scanner)) })
            }
            kernels.append(
                Kernel(level.name) {
                    let chunker = Chunker(parameters: parameters, keys: keys, scanner: scanner)
                    Results.take(chunkCount(of: bytes, chunker))
                })
        }
        try bench.compare(
            kernels, to: [.memoryRead(bytes), .scalarGear(bytes, average: parameters.average)], in: .chunker,
            data: kind, parameter: "\(parameters.average)", bytes: bytes.count)
    }

    private static func chunkCount(of bytes: UnsafeRawBufferPointer, _ chunker: Chunker) -> Int {
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
        return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: CandidateBlock.size) { room in
            var found = 0
            var position = CandidateBlock.lead
            while position < bytes.count {
                let count = min(CandidateBlock.size, bytes.count - position)
                found += scanner.findCandidates(
                    in: start, from: position, count: count, into: room.baseAddress.unsafelyUnwrapped)
                position += count
            }
            return found
        }
    }
}
