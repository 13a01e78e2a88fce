import Packing
import Primitives
import SeededData
import Testing

@testable import Repositories

struct BaseSelectionTests {
    private typealias Base = BaseSelection.Base

    private func id(_ number: UInt64) -> ChunkID { Digest(number, 0, 0, 0) }

    /// Bases with the numbers and lengths given.
    private func bases(_ all: [(UInt64, Int)]) -> [Base] { all.map { Base(id: id($0.0), length: $0.1) } }

    private func choose(
        _ candidates: [BaseSelection.Candidate], limit: Int = PackLimits.prefixLength, slack: Double = 0,
        without: Set<UInt64> = []
    ) -> [UInt64] {
        BaseSelection.bases(for: candidates, limit: limit, slack: slack) { !without.contains($0.w0) }.map(\.id.w0)
    }

    @Test func plainCandidatesStayInOrderAndOnce() {
        let plain = bases([(3, 10), (1, 10), (3, 10), (2, 10), (1, 10)]).map { BaseSelection.Candidate.plain($0) }
        #expect(choose(plain) == [3, 1, 2])
        #expect(choose([]).isEmpty)
    }

    @Test func whatIsTooLongForThePrefixIsLeftOut() {
        let plain = bases([(1, 60), (2, 50), (3, 40)]).map { BaseSelection.Candidate.plain($0) }
        #expect(choose(plain, limit: 149) == [1, 2])
        #expect(choose(plain, limit: 150) == [1, 2, 3])
        #expect(choose(plain, limit: 100) == [1, 3])
    }

    /// Of the bases of a delta those that stand where the chunk stands.
    @Test(arguments: [
        // Chunks as long as their bases, one for each.
        (0..<100, [1]), (100..<200, [2]), (300..<400, [4]), (0..<400, [1, 2, 3, 4]),
        // A base that a chunk hardly touches is not worth its place in the directory.
        (103..<203, [2]), (110..<210, [2, 3]), (95..<195, [2]), (90..<190, [1, 2]),
        // Small chunks within one base.
        (0..<1, [1]), (399..<400, [4]), (99..<101, [1, 2]),
    ])
    func basesOfADelta(range: Range<Int>, expected: [UInt64]) {
        let segment = BaseSelection.DeltaSegment(
            rawLength: 400, bases: bases([(1, 100), (2, 100), (3, 100), (4, 100)]))
        #expect(choose([.delta(range, in: segment)]) == expected)
    }

    /// Insertions shift places, so that bases a little beside them are taken too.
    @Test(arguments: [(0.0, [3]), (1.0, [2, 3, 4]), (2.0, [1, 2, 3, 4, 5])])
    func slackReachesFurther(slack: Double, expected: [UInt64]) {
        let segment = BaseSelection.DeltaSegment(
            rawLength: 1200, bases: bases((1...6).map { ($0, 100) }))
        #expect(choose([.delta(400..<600, in: segment)], slack: slack) == expected)
    }

    /// Places are scaled where the bases are longer or shorter than what was made of them.
    @Test(arguments: [(50, [1]), (400, [1]), (100, [1])])
    func placesAreScaled(length: Int, expected: [UInt64]) {
        let segment = BaseSelection.DeltaSegment(rawLength: 400, bases: bases([(1, length), (2, 3 * length)]))
        #expect(choose([.delta(0..<100, in: segment)]) == expected)
        #expect(choose([.delta(100..<400, in: segment)]) == [2])
    }

    @Test func unusableBasesAreDropped() {
        let segment = BaseSelection.DeltaSegment(rawLength: 200, bases: bases([(1, 100), (2, 100)]))
        #expect(choose([.delta(0..<200, in: segment)], without: [1]) == [2])
        #expect(choose([.delta(0..<100, in: segment)], without: [1]).isEmpty)
        let empty = BaseSelection.DeltaSegment(rawLength: 200, bases: bases([(1, 0), (2, 0)]))
        #expect(choose([.delta(0..<200, in: empty)]).isEmpty)
    }

    /// Whatever stood there: no base comes twice, the limit holds, and every chunk of a delta finds a base.
    @Test(arguments: 0..<200) func properties(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let limit = Int.random(in: 1...200_000, using: &random)
        var candidates: [BaseSelection.Candidate] = []
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let all = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                Base(
                    id: id(UInt64.random(in: 0..<60, using: &random)),
                    length: Int.random(in: 1...20_000, using: &random))
            }
            if Bool.random(using: &random) {
                candidates.append(.plain(all[0]))
                continue
            }
            let rawLength = Int.random(in: 1...400_000, using: &random)
            let start = Int.random(in: 0..<rawLength, using: &random)
            let range = start..<Int.random(in: start + 1...rawLength, using: &random)
            let segment = BaseSelection.DeltaSegment(rawLength: rawLength, bases: all)
            #expect(!BaseSelection.bases(for: [.delta(range, in: segment)]) { _ in true }.isEmpty)
            candidates.append(.delta(range, in: segment))
        }
        let chosen = BaseSelection.bases(for: candidates, limit: limit) { $0.w0 % 7 != 0 }
        #expect(Set(chosen.map(\.id)).count == chosen.count)
        #expect(chosen.reduce(0) { $0 + $1.length } <= limit)
    }
}
