import SeededData
import Testing

@testable import Chunking

@Suite struct ChunkerKeysTests {
    /// The rule of the specification in numbers that do not wrap around.
    private func hasRuns(_ m: Multipliers, threshold: UInt16) -> Bool {
        let sum = (Int(m.a0) + Int(m.a1)) % 65536
        let factor = sum * (1 + Int(m.c1)) % 65536 * (1 + Int(m.c2)) % 65536 * (1 + Int(m.c3)) % 65536
        return (0...255).contains { factor * 257 * $0 % 65536 >= Int(threshold) }
    }

    /// Multipliers with which runs of some byte are candidates, found by trying.
    private func drawsWithRuns(_ count: Int, threshold: UInt16) -> [[UInt8]] {
        var random = SeededRandom(seed: 1)
        var found: [[UInt8]] = []
        while found.count < count {
            let bytes = random.bytes(10)
            if hasRuns(Multipliers(bytes: bytes), threshold: threshold) { found.append(bytes) }
        }
        return found
    }

    @Test func multipliersAreOddLittleEndianNumbers() {
        let multipliers = Multipliers(bytes: [0x34, 0x12, 0x01, 0x00, 0xff, 0xff, 0x00, 0x00, 0x02, 0x80])
        #expect(
            [multipliers.a0, multipliers.a1, multipliers.c1, multipliers.c2, multipliers.c3] == [
                0x1235, 1, 0xffff, 1, 0x8003,
            ])
    }

    @Test(arguments: [13, 15])
    func drawsAgainWhereRunsHaveCandidates(bits: Int) throws {
        let parameters = try #require(ChunkerParameters(bits: bits))
        let bad = drawsWithRuns(2, threshold: parameters.candidateThreshold)
        let good = [UInt8](repeating: 1, count: 10)
        var draws: [UInt8] = []
        let keys = ChunkerKeys(parameters: parameters, prfKey: [UInt8](0..<16)) { draw in
            draws.append(draw)
            return draw < 2 ? bad[Int(draw)] : good
        }
        #expect(draws == [0, 1, 2])
        #expect(keys.multipliers == Multipliers(bytes: good))
    }

    /// The rule, word for word, against what it is about: windows of one repeated byte.
    @Test(arguments: [13, 15])
    func theRuleMeansWhatItSays(bits: Int) throws {
        let parameters = try #require(ChunkerParameters(bits: bits))
        let threshold = parameters.candidateThreshold
        var random = SeededRandom(seed: 2)
        // Draws as they come are hardly ever bad; about half of these are, for one byte or for a few.
        let trials = drawsWithRuns(15, threshold: threshold) + (0..<15).map { _ in random.bytes(10) }
        for bytes in trials {
            let multipliers = Multipliers(bytes: bytes)
            let scanner = PortableScanner(multipliers: multipliers, threshold: threshold)
            let hasRun = (UInt8.min...UInt8.max).contains { byte in
                let run = [UInt8](repeating: byte, count: CandidateGroup.lead)
                return run.withUnsafeBytes { run in
                    guard let start = run.baseAddress else { return false }
                    return scanner.firstCandidates(in: start, from: CandidateGroup.lead, count: 1).bits != 0
                }
            }
            #expect(multipliers.findCandidatesInRuns(threshold: threshold) == hasRun)
            #expect(hasRuns(multipliers, threshold: threshold) == hasRun)
        }
    }

    /// `format-spec/chunker.md`: average 2^b, min 2^(b−2), max 2^(b+2); f is 10 where b ≤ 14, else 12.
    @Test func parametersFollowFromBits() throws {
        #expect(ChunkerParameters(bits: 12) == nil)
        #expect(ChunkerParameters(bits: 23) == nil)
        for bits in 13...22 {
            let parameters = try #require(ChunkerParameters(bits: bits))
            #expect(parameters.average == 1 << bits)
            #expect(parameters.minimum == 1 << (bits - 2))
            #expect(parameters.maximum == 1 << (bits + 2))
            #expect(parameters.candidateBits == (bits <= 14 ? 10 : 12))
            #expect(Int(parameters.candidateThreshold) == 65536 - (1 << (16 - parameters.candidateBits)))
        }
    }
}
