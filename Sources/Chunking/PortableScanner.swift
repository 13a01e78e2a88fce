/// Stage 1 in plain Swift vectors, for every processor.
///
/// Even and odd positions go separately: then w of eight positions is just eight numbers in memory, and the sums of
/// earlier positions that A, B, D and F are made of are those of the vector before.
package struct PortableScanner: CandidateScanner {
    private let multipliers: Multipliers
    private let threshold: UInt16

    /// Positions in a step: eight even and eight odd ones.
    private static let step = 16
    private static let stepsOfGroup = CandidateGroup.size / step
    /// q = e − 4.
    private static let distanceToEnd = 4

    package init(multipliers: Multipliers, threshold: UInt16) {
        self.multipliers = multipliers
        self.threshold = threshold
    }

    package func firstCandidates(in bytes: UnsafeRawPointer, from start: Int, count: Int) -> CandidateGroup {
        let size = CandidateGroup.size
        let whole = count & -size
        if let found = firstGroup(bytes + start, groups: whole / size) { return found }
        if whole < count, let last = firstGroup(bytes + (start + count - size), groups: 1) {
            // The last group ends where the positions end and has some of them again, lest it read behind them.
            let bits = last.bits >> UInt64(size - (count - whole))
            if bits != 0 { return CandidateGroup(distance: whole, bits: bits) }
        }
        return CandidateGroup(distance: count, bits: 0)
    }

    /// The first group with candidates.
    @inline(__always)
    private func firstGroup(_ start: UnsafeRawPointer, groups: Int) -> CandidateGroup? {
        var even = Sums()
        var odd = Sums()
        var q = start - PortableScanner.distanceToEnd
        warmUp(&even, &odd, before: q)
        for group in 0..<groups {
            var hits = SIMDMask<SIMD8<Int16>>()
            for _ in 0..<PortableScanner.stepsOfGroup {
                hits .|= isHit(even.advance(w(q), w(q + 2), multipliers))
                hits .|= isHit(odd.advance(w(q + 1), w(q + 3), multipliers))
                q += PortableScanner.step
            }
            if isAnySet(hits) {
                return CandidateGroup(
                    distance: group * CandidateGroup.size, bits: bits(ofGroupAt: q - CandidateGroup.size))
            }
        }
        return nil
    }

    // To look again is cheaper than to keep every F at hand: hits are rare.
    @inline(never)
    private func bits(ofGroupAt start: UnsafeRawPointer) -> UInt64 {
        var even = Sums()
        var odd = Sums()
        warmUp(&even, &odd, before: start)
        var bits: UInt64 = 0
        for offset in stride(from: 0, to: CandidateGroup.size, by: PortableScanner.step) {
            let q = start + offset
            let evenHits = isHit(even.advance(w(q), w(q + 2), multipliers))
            let oddHits = isHit(odd.advance(w(q + 1), w(q + 3), multipliers))
            for lane in 0..<8 {
                if evenHits[lane] { bits |= 1 << UInt64(offset + 2 * lane) }
                if oddHits[lane] { bits |= 1 << UInt64(offset + 2 * lane + 1) }
            }
        }
        return bits
    }

    /// Takes the two steps before `start`, so that the sums that are looked back to are there: F(q) goes back to A(q − 28).
    @inline(__always)
    private func warmUp(_ even: inout Sums, _ odd: inout Sums, before start: UnsafeRawPointer) {
        for steps in stride(from: 2, to: 0, by: -1) {
            let q = start - steps * PortableScanner.step
            _ = even.advance(w(q), w(q + 2), multipliers)
            _ = odd.advance(w(q + 1), w(q + 3), multipliers)
        }
    }

    /// F is at or above the threshold where its upper f bits are all set.
    @inline(__always)
    private func isHit(_ f: SIMD8<UInt16>) -> SIMDMask<SIMD8<Int16>> {
        let mask = SIMD8<UInt16>(repeating: threshold)
        return f & mask .== mask
    }

    @inline(__always)
    private func isAnySet(_ mask: SIMDMask<SIMD8<Int16>>) -> Bool {
        let halves = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        return halves[0] | halves[1] != 0
    }

    /// w(q), w(q + 2) … w(q + 14), on a little-endian processor.
    @inline(__always)
    private func w(_ q: UnsafeRawPointer) -> SIMD8<UInt16> {
        unsafeBitCast(q.loadUnaligned(as: SIMD2<UInt64>.self), to: SIMD8<UInt16>.self)
    }
}

/// A, B and D of eight positions of which each is two behind the one before.
private struct Sums {
    var a = SIMD8<UInt16>()
    var b = SIMD8<UInt16>()
    var d = SIMD8<UInt16>()

    /// Goes on by sixteen positions, and returns F of them.
    @inline(__always)
    mutating func advance(_ w0: SIMD8<UInt16>, _ w2: SIMD8<UInt16>, _ m: Multipliers) -> SIMD8<UInt16> {
        let nextA = m.a0 &* w0 &+ m.a1 &* w2
        let nextB = nextA &+ m.c1 &* fourPositionsBack(a, nextA)
        let nextD = nextB &+ m.c2 &* SIMD8(lowHalf: b.highHalf, highHalf: nextB.lowHalf)
        let f = nextD &+ m.c3 &* d
        a = nextA
        b = nextB
        d = nextD
        return f
    }

    /// The last two numbers of `before`, then the first six of `after`.
    @inline(__always)
    private func fourPositionsBack(_ before: SIMD8<UInt16>, _ after: SIMD8<UInt16>) -> SIMD8<UInt16> {
        let x = unsafeBitCast(before, to: SIMD4<UInt32>.self)
        let y = unsafeBitCast(after, to: SIMD4<UInt32>.self)
        return unsafeBitCast(SIMD4(x.w, y.x, y.y, y.z), to: SIMD8<UInt16>.self)
    }
}
