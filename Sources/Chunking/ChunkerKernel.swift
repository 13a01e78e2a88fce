import Primitives

/// Which kernel the chunkers of this process use.
public enum ChunkerKernel {
    /// The chosen level, or plain Swift where a short test shows that the vectors of this machine compute otherwise.
    public static let running = isSound(KernelLevel.chosen) ? KernelLevel.chosen : .portable

    /// Whether a level, which this CPU has, agrees with plain Swift on some made-up data.
    package static func isSound(_ level: KernelLevel) -> Bool {
        // One position in sixteen is a candidate, which takes few microseconds and meets every lane.
        let multipliers = Multipliers(bytes: [0x35, 0xe2, 0x7b, 0x91, 0xc9, 0x1d, 0x43, 0xb8, 0x6f, 0x5a])
        let threshold: UInt16 = 0xf000
        guard let scanner = VectorScanner(level, multipliers: multipliers, threshold: threshold) else {
            return level == .portable
        }
        let portable = PortableScanner(multipliers: multipliers, threshold: threshold)
        var state: UInt64 = 1
        let data = (0..<CandidateGroup.lead + 4001).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        return data.withUnsafeBytes { data in
            guard let bytes = data.baseAddress else { return false }
            var position = CandidateGroup.lead
            while position <= data.count {
                let rest = data.count - position + 1
                let group = scanner.firstCandidates(in: bytes, from: position, count: rest)
                guard group == portable.firstCandidates(in: bytes, from: position, count: rest) else { return false }
                position += min(group.distance + CandidateGroup.size, rest)
            }
            return true
        }
    }
}
