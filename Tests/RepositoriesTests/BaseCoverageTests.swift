import SeededData
import Testing

@testable import Repositories

struct BaseCoverageTests {
    /// A content of random blocks of 4 KiB, which share what blocks they have in common.
    private func content(_ blocks: [UInt64]) -> ContentSample {
        var sample = ContentSample()
        let bytes = blocks.flatMap { block -> [UInt8] in
            var random = SeededRandom(seed: block)
            return (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        bytes.withUnsafeBytes { sample.take($0) }
        return sample
    }

    private func coverage(of blocks: [UInt64]) throws -> BaseCoverage {
        try #require(BaseCoverage(of: content(blocks), count: blocks.count * 4096))
    }

    @Test func whatIsLikeTheSegmentIsTakenInOrder() throws {
        var coverage = try coverage(of: Array(1...16))
        for base in [[101, 102, 103, 104], [1, 2, 3, 204], [105, 106, 107, 108], [12, 13, 14, 15]] as [[UInt64]] {
            coverage.add(content(base), isInPlace: true)
        }
        #expect(coverage.chosen() == [1, 3])
    }

    /// The one that has most is enough, though others have parts of it and come before it.
    @Test func noBaseIsTakenForWhatAnotherHas() throws {
        var coverage = try coverage(of: Array(1...16))
        for base in [[1, 2, 103, 104], [3, 4, 5, 106], [1, 2, 3, 4, 5, 6, 7, 8], [7, 8]] as [[UInt64]] {
            coverage.add(content(base), isInPlace: true)
        }
        #expect(coverage.chosen() == [2])
    }

    @Test func ofEqualsTheFirstIsTaken() throws {
        var coverage = try coverage(of: Array(1...16))
        for _ in 0..<3 { coverage.add(content([4, 5, 6]), isInPlace: false) }
        #expect(coverage.chosen() == [0])
    }

    /// A candidate too short for windows is taken by its place.
    @Test func shortCandidatesGoByTheirPlace() throws {
        var coverage = try coverage(of: Array(1...16))
        coverage.add(ContentSample(), isInPlace: true)
        coverage.add(ContentSample(), isInPlace: false)
        #expect(coverage.chosen() == [0])
    }

    /// A segment that is short, or of which too little is sampled, says nothing.
    @Test func littleIsNoSample() {
        #expect(BaseCoverage(of: content([1]), count: 4096) == nil)
        #expect(BaseCoverage(of: content(Array(1...16)), count: 10 << 20) == nil)
        #expect(BaseCoverage(of: ContentSample(), count: 1 << 20) == nil)
    }
}
