import Chunking

/// A sample of the windows of some bytes, chosen by what is in them: contents that have long stretches in common have
/// windows of the sample in common, wherever these stand (Manber, "Finding Similar Files in a Large File System", 1994).
struct ContentSample {
    /// Hashes of the windows, in the order of the bytes; one may come several times.
    private(set) var windows: [UInt64] = []

    /// Of how many positions one is taken, on average.
    static let spacing = 512
    private static let windowLength = 32

    /// Not secret: who makes data of which nothing is sampled has its bases chosen by their places.
    private static let scanner: any CandidateScanner = {
        let multipliers = Multipliers(bytes: [0x9d, 0x6c, 0x21, 0xb7, 0x53, 0xe1, 0x07, 0x8f, 0x75, 0x3b])
        let threshold = UInt16((1 << 16) - (1 << 16) / spacing)
        return VectorScanner(ChunkerKernel.running, multipliers: multipliers, threshold: threshold)
            ?? PortableScanner(multipliers: multipliers, threshold: threshold)
    }()

    /// Samples `bytes` in the place of what was sampled before. The first windows are left out: the scanner needs a lead.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        windows.removeAll(keepingCapacity: true)
        guard let start = bytes.baseAddress else { return }
        var position = CandidateGroup.lead
        while position <= bytes.count {
            let rest = bytes.count - position + 1
            let group = ContentSample.scanner.firstCandidates(in: start, from: position, count: rest)
            var bits = group.bits
            while bits != 0 {
                windows.append(ContentSample.hash(start + position + group.distance + bits.trailingZeroBitCount))
                bits &= bits - 1
            }
            position += min(group.distance + CandidateGroup.size, rest)
        }
    }

    /// Of the 32 bytes that end at `end`; equal contents must be equal, no more.
    private static func hash(_ end: UnsafeRawPointer) -> UInt64 {
        var hash: UInt64 = 0
        for offset in stride(from: -windowLength, to: 0, by: 8) {
            let word = end.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 29
        }
        return hash
    }
}
