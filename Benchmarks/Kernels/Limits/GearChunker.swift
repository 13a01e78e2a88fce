import SeededData
/// The usual content-defined chunker, to compare with: a Gear hash, one byte after the other, and the rule of FastCDC
/// (Xia et al., "FastCDC", USENIX ATC 2016) with normalization level 2: nothing below the minimum is looked at, the
/// condition has two more bits before the average and two fewer behind it.
struct GearChunker {
    private let table: [UInt64]
    private let minimum: Int
    private let average: Int
    private let maximum: Int
    private let earlyMask: UInt64
    private let lateMask: UInt64

    /// - Parameter average: a power of 2; minimum and maximum are a quarter and four times of it.
    init(average: Int) {
        var random = SeededRandom(seed: 4)
        table = (0..<256).map { _ in random.next() }
        minimum = average / 4
        self.average = average
        maximum = average * 4
        let bits = average.trailingZeroBitCount
        earlyMask = UInt64.max << UInt64(64 - (bits + 2))
        lateMask = UInt64.max << UInt64(64 - (bits - 2))
    }

    /// Cuts all of `bytes`.
    func chunkCount(of bytes: UnsafeRawBufferPointer) -> Int {
        table.withUnsafeBufferPointer { table in
            guard let gear = table.baseAddress, let first = bytes.baseAddress else { return 0 }
            var start = 0
            var count = 0
            while start < bytes.count {
                let content = (first + start).assumingMemoryBound(to: UInt8.self)
                start += length(of: content, count: bytes.count - start, gear)
                count += 1
            }
            return count
        }
    }

    /// The length of the chunk that begins at `content`.
    @inline(__always)
    private func length(of content: UnsafePointer<UInt8>, count: Int, _ gear: UnsafePointer<UInt64>) -> Int {
        var hash: UInt64 = 0
        var position = minimum
        let middle = min(average, count)
        while position < middle {
            hash = (hash &<< 1) &+ gear[Int(content[position])]
            position &+= 1
            if hash & earlyMask == 0 { return position }
        }
        let end = min(maximum, count)
        while position < end {
            hash = (hash &<< 1) &+ gear[Int(content[position])]
            position &+= 1
            if hash & lateMask == 0 { return position }
        }
        return end
    }
}
