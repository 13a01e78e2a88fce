import Chunking

/// Data made by somebody who knows every key of a chunker, so that it has as much work as there can be: candidates lie as
/// close as they can, and hardly one of them ends a chunk.
///
/// A candidate needs f bits of F to be set; a byte has eight bits to set them with. So a stretch of bytes can be
/// candidates in 8 of f places at most: two of three for f = 12, four of five for f = 10.
package struct HostileStreams {
    private let parameters: ChunkerParameters
    private let multipliers: Multipliers
    private let prf: SipHash24
    private let inverse: UInt8
    private var random: UInt64

    /// Whether V of candidates fails the limit behind the average too, which costs some density where it is high.
    package var avoidsLateCuts = true

    package init(parameters: ChunkerParameters, keys: ChunkerKeys, seed: UInt64) {
        self.parameters = parameters
        multipliers = keys.multipliers
        prf = keys.prf
        let odd = UInt8(truncatingIfNeeded: keys.multipliers.a1)
        // Newton's method for the inverse modulo 2^8: each step doubles the bits that are right, three at first.
        var inverse = odd
        for _ in 0..<2 { inverse = inverse &* (2 &- odd &* inverse) }
        self.inverse = inverse
        random = seed
    }

    private mutating func nextByte() -> UInt8 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: random >> 33)
    }

    /// Candidates as close as a short search finds them: a byte that is chosen so that candidates end at it and at those
    /// behind it.
    package mutating func dense(_ count: Int) -> [UInt8] {
        var bytes = (0..<64).map { _ in nextByte() }
        bytes.reserveCapacity(count + 4)
        while bytes.count < count { bytes += bestContinuation(of: bytes) }
        return Array(bytes.prefix(count))
    }

    /// `period` bytes of ``dense(_:)`` again and again.
    package mutating func periodic(_ count: Int, period: Int) -> [UInt8] {
        let pattern = dense(64 + period).suffix(period)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + period)
        while bytes.count < count { bytes += pattern }
        return Array(bytes.prefix(count))
    }

    /// Stretches of dense candidates, of noise and of zeros, `stretch` bytes each at most.
    package mutating func mixed(_ count: Int, stretch: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let length = 64 + (Int(nextByte()) << 8 | Int(nextByte())) % stretch
            switch nextByte() % 4 {
            case 0: bytes += (0..<length).map { _ in nextByte() }
            case 1: bytes += [UInt8](repeating: 0, count: length)
            default: bytes += dense(length)
            }
        }
        return Array(bytes.prefix(count))
    }

    /// One to four bytes: the most candidates for their number that some tries find.
    private mutating func bestContinuation(of bytes: [UInt8]) -> [UInt8] {
        var tail = Array(bytes.suffix(64))
        let length = tail.count
        tail.reserveCapacity(length + 4)
        // F of the position behind the first byte: that byte changes it by a1 times itself, and a second one only its upper
        // half.
        let second = f(atEndOf: tail + [0, 0])
        let first = nextByte()
        var best: (bytes: [UInt8], misses: Int, hits: Int) = ([], 1, 0)
        // The first byte as it is needed for a candidate, then each other, which is free; then only needed ones.
        for attempt in 0..<257 {
            let start = first &+ UInt8(truncatingIfNeeded: attempt)
            let isUseful = second &+ multipliers.a1 &* UInt16(start) | 0xff00 >= parameters.candidateThreshold
            guard isUseful || attempt == 0 else { continue }
            tail.append(start)
            if attempt == 0 { setLastByteAsNeeded(&tail) }
            var hits = endsWithGoodCandidate(tail) ? 1 : 0
            let misses = 1 - hits
            while tail.count < length + 4 {
                tail.append(0)
                setLastByteAsNeeded(&tail)
                guard endsWithGoodCandidate(tail) else {
                    tail.removeLast()
                    break
                }
                hits += 1
            }
            let added = Array(tail[length...])
            tail.removeLast(added.count)
            if best.bytes.isEmpty || hits * max(best.misses, 1) > best.hits * max(misses, 1)
                || (misses == 0 && best.misses > 0)
            {
                best = (added, misses, hits)
            }
            if misses == 0 || hits == 3 { break }
        }
        return best.bytes
    }

    /// Makes the upper half of F at the end all ones.
    private func setLastByteAsNeeded(_ bytes: inout [UInt8]) {
        let last = bytes.count - 1
        bytes[last] = 0
        bytes[last] = (255 &- UInt8(f(atEndOf: bytes) >> 8)) &* inverse
    }

    /// Whether a candidate ends here, and no chunk.
    private func endsWithGoodCandidate(_ bytes: [UInt8]) -> Bool {
        guard f(atEndOf: bytes) >= parameters.candidateThreshold else { return false }
        let value = bytes[(bytes.count - 64)...].withUnsafeBytes { prf($0) }
        return value > (avoidsLateCuts ? parameters.lateLimit : parameters.earlyLimit)
    }

    private func f(atEndOf bytes: [UInt8]) -> UInt16 {
        let m = multipliers
        func w(_ q: Int) -> UInt16 { UInt16(bytes[q]) | UInt16(bytes[q + 1]) << 8 }
        func a(_ q: Int) -> UInt16 { m.a0 &* w(q) &+ m.a1 &* w(q + 2) }
        func b(_ q: Int) -> UInt16 { a(q) &+ m.c1 &* a(q - 4) }
        func d(_ q: Int) -> UInt16 { b(q) &+ m.c2 &* b(q - 8) }
        return d(bytes.count - 4) &+ m.c3 &* d(bytes.count - 20)
    }
}
