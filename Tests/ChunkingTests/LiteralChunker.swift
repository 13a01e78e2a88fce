@testable import Chunking

/// `format-spec/chunker.md` word for word, without a thought for speed. What varve cuts with is compared to this.
struct LiteralChunker {
    let b: Int
    let a0, a1, c1, c2, c3: Int
    let prf: SipHash24

    init(parameters: ChunkerParameters, keys: ChunkerKeys) {
        b = parameters.bits
        a0 = Int(keys.multipliers.a0)
        a1 = Int(keys.multipliers.a1)
        c1 = Int(keys.multipliers.c1)
        c2 = Int(keys.multipliers.c2)
        c3 = Int(keys.multipliers.c3)
        prf = keys.prf
    }

    var f: Int { b <= 14 ? 10 : 12 }
    var average: Int { power(b) }
    var min: Int { power(b - 2) }
    var max: Int { power(b + 2) }

    /// F of the 32 bytes that end at e (exclusive).
    func f(_ byte: [UInt8], endingAt e: Int) -> Int {
        func w(_ q: Int) -> Int { Int(byte[q]) + 256 * Int(byte[q + 1]) }
        func a(_ q: Int) -> Int { (a0 * w(q) + a1 * w(q + 2)) % 65536 }
        func b(_ q: Int) -> Int { (a(q) + c1 * a(q - 4)) % 65536 }
        func d(_ q: Int) -> Int { (b(q) + c2 * b(q - 8)) % 65536 }
        func f(_ q: Int) -> Int { (d(q) + c3 * d(q - 16)) % 65536 }
        return f(e - 4)
    }

    func isCandidate(_ byte: [UInt8], endingAt e: Int) -> Bool {
        f(byte, endingAt: e) >= power(16) - power(16 - f)
    }

    /// Stage 2.
    func v(_ byte: [UInt8], endingAt e: Int) -> UInt64 {
        byte[(e - 64)..<e].withUnsafeBytes { prf($0) }
    }

    /// What became of one chunk, so that tests can say which rules they met.
    enum Reason: Hashable { case early, late, smallestCandidate, maximum, endOfStream }

    /// The lengths of the chunks of `stream`.
    func cuts(_ stream: [UInt8]) -> [(length: Int, reason: Reason)] {
        var cuts: [(length: Int, reason: Reason)] = []
        var start = 0
        while start < stream.count {
            let cut = firstCut(stream, start: start)
            cuts.append(cut)
            start += cut.length
        }
        return cuts
    }

    private func firstCut(_ stream: [UInt8], start: Int) -> (length: Int, reason: Reason) {
        var candidates: [(e: Int, v: UInt64)] = []
        let end = Swift.min(max, stream.count - start)
        if min <= end {
            for e in min...end where isCandidate(stream, endingAt: start + e) {
                if let judged = candidates.last, e - judged.e < 32 { continue }
                let v = v(stream, endingAt: start + e)
                if e <= average, isBelow(v, power: 64 - (b + 2 - f)) { return (e, .early) }
                if e > average, b - 2 - f <= 0 || isBelow(v, power: 64 - (b - 2 - f)) { return (e, .late) }
                candidates.append((e, v))
            }
        }
        guard stream.count - start >= max else { return (stream.count - start, .endOfStream) }
        let late = candidates.filter { $0.e > max / 2 }
        guard let smallest = late.map(\.v).min() else { return (max, .maximum) }
        let last = late.last { $0.v == smallest }
        return (last?.e ?? max, .smallestCandidate)
    }

    /// v < 2^power.
    private func isBelow(_ v: UInt64, power: Int) -> Bool { v >> UInt64(power) == 0 }

    private func power(_ exponent: Int) -> Int { 1 << exponent }
}
