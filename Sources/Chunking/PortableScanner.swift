/// Stage 1 in plain Swift vectors, for every processor.
///
/// Even and odd positions go separately: then w of eight positions is just eight numbers in memory, and the sums of
/// earlier positions that A, B, D and F are made of are those of the vector before.
package struct PortableScanner: CandidateScanner {
    private let multipliers: Multipliers
    private let threshold: UInt16

    /// Positions in a step: eight even and eight odd ones.
    private static let stride = 16
    /// Before its first position a scan takes two steps, so that the sums it looks back to are there: F(q) goes back to
    /// A(q − 28).
    private static let warmUp = 2 * stride
    /// q = e − 4.
    private static let distanceToEnd = 4

    package init(multipliers: Multipliers, threshold: UInt16) {
        self.multipliers = multipliers
        self.threshold = threshold
    }

    package func findCandidates(
        in bytes: UnsafeRawPointer, from start: Int, count: Int, into hits: UnsafeMutablePointer<UInt16>
    ) -> Int {
        let wholeSteps = count & ~(PortableScanner.stride - 1)
        var list = HitList(room: hits)
        scan(bytes + start, positions: 0..<wholeSteps, into: &list)
        if wholeSteps < count {
            // The last step ends where the block ends and looks at some positions again, lest it read behind them.
            list.firstWanted = wholeSteps
            scan(bytes + start, positions: count - PortableScanner.stride..<count, into: &list)
        }
        return list.count
    }

    /// Lists each i of `positions` for which `start` + i is a candidate; they are whole steps.
    @inline(__always)
    private func scan(_ start: UnsafeRawPointer, positions: Range<Int>, into hits: inout HitList) {
        var even = Sums()
        var odd = Sums()
        let mask = SIMD8<UInt16>(repeating: threshold)
        var position = positions.lowerBound - PortableScanner.warmUp
        while position < positions.upperBound {
            let q = start + (position - PortableScanner.distanceToEnd)
            let evenF = even.advance(w(q), w(q + 2), multipliers)
            let oddF = odd.advance(w(q + 1), w(q + 3), multipliers)
            // F is at or above the threshold where its upper f bits are all set.
            let evenHits = evenF & mask .== mask
            let oddHits = oddF & mask .== mask
            if position >= positions.lowerBound, isAnySet(evenHits .| oddHits) {
                hits.append(evenHits, oddHits, from: position)
            }
            position += PortableScanner.stride
        }
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

private struct HitList {
    let room: UnsafeMutablePointer<UInt16>
    var count = 0
    var firstWanted = 0

    init(room: UnsafeMutablePointer<UInt16>) { self.room = room }

    // Rare, and long when inlined.
    @inline(never)
    mutating func append(_ even: SIMDMask<SIMD8<Int16>>, _ odd: SIMDMask<SIMD8<Int16>>, from position: Int) {
        for lane in 0..<16 where lane & 1 == 0 ? even[lane >> 1] : odd[lane >> 1] {
            guard position + lane >= firstWanted else { continue }
            room[count] = UInt16(truncatingIfNeeded: position + lane)
            count += 1
        }
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
