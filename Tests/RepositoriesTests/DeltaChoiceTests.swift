import SeededData
import Testing

@testable import Repositories

struct DeltaChoiceTests {
    private func choice(
        _ deltaLength: Int, plain: Int = 300_000, bases: Int = 32, drifted: Double = 0, parent: Double = 0,
        fresh: Double? = nil
    ) -> DeltaChoice {
        DeltaChoice(
            rawLength: 1_000_000, deltaLength: deltaLength, baseCount: bases, plainLength: plain,
            driftedPart: drifted, parentDeltaLength: parent, freshRatio: fresh)
    }

    @Test func aFirstDeltaMustSaveThreeTenths() {
        #expect(choice(1).keepsDelta)
        #expect(choice(200_000).keepsDelta)
        // 0.7 × 300,000 less 64 for each of 32 bases.
        #expect(choice(207_951).keepsDelta && !choice(207_952).keepsDelta)
        #expect(choice(209_999, bases: 0).keepsDelta && !choice(210_000, bases: 0).keepsDelta)
        #expect(!choice(1, plain: 2_000).keepsDelta)
    }

    /// p = 300,000 and d = 6,000 a version: sqrt(2·p·d) = 60,000.
    @Test func aDriftedDeltaIsGivenUpOnceDeltasCostAsMuchAsANewCopy() {
        for drifted in [0.01, 0.5, 1] {
            #expect(choice(59_999, drifted: drifted, fresh: 0.006).keepsDelta)
            #expect(!choice(60_001, drifted: drifted, fresh: 0.006).keepsDelta)
        }
        // Never beyond what pays at all.
        #expect(!choice(210_000, drifted: 1, fresh: 0.5).keepsDelta)
    }

    @Test func whereNothingElseTellsTheChangeIsWhatTheParentDidNotHave() {
        #expect(choice(50_000, drifted: 1, parent: 44_000).changeLength == 6_000)
        #expect(choice(50_000, drifted: 0.5, parent: 44_000).changeLength == 28_000)
        #expect(choice(50_000, drifted: 1, parent: 60_000).changeLength == nil)
        #expect(choice(50_000, drifted: 1, parent: 60_000).keepsDelta)
        #expect(choice(59_000, drifted: 1, parent: 53_000).keepsDelta)
        #expect(!choice(61_000, drifted: 1, parent: 55_000).keepsDelta)
        #expect(choice(7_000).changeLength == 7_000)
    }

    @Test func doubtsComeBeforeTheEnd() {
        #expect(choice(100_000).keepsDeltaSurely)
        #expect(choice(150_000).keepsDelta && !choice(150_000).keepsDeltaSurely)
    }

    @Test func nothingIsSavedByWhatIsLonger() {
        #expect(choice(1_000).savedLength == 299_000)
        #expect(choice(300_001).savedLength == 0)
    }

    /// Versions that move away from their base evenly: by whichever part a version changes, the cost of a version stays within a
    /// tenth of the least there is, sqrt(2·p·d), or of the change itself where that is most of a copy.
    @Test(arguments: [0.0001, 0.0005, 0.001, 0.003, 0.01, 0.03, 0.1]) func costOfAVersion(part: Double) {
        let plain = 300_000.0
        let change = (plain * part).rounded(.up)
        var stored = 0.0
        var length = 0.0
        var parent = 0.0
        let versions = 3_000
        for _ in 0..<versions {
            let next = length + change
            let choice = choice(
                Int(next), bases: 0, drifted: parent > 0 ? 1 : 0, parent: parent,
                fresh: change / 1_000_000)
            if choice.keepsDelta {
                stored += next
                length = next
                parent = next
            } else {
                stored += plain
                length = 0
                parent = 0
            }
        }
        let least = (2 * plain * change).squareRoot()
        #expect(stored / Double(versions) < 1.1 * least)
        #expect(stored / Double(versions) > 0.8 * least - change)
    }

    /// Of two deltas alike but for the length, the shorter one is kept if the longer one is.
    @Test(arguments: 0..<200) func shorterIsBetter(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            var choice = DeltaChoice(
                rawLength: 1_000_000, deltaLength: Int.random(in: 1...900_000, using: &random),
                baseCount: Int.random(in: 1...200, using: &random),
                plainLength: Int.random(in: 1...1_000_000, using: &random),
                driftedPart: Bool.random(using: &random) ? 0 : Double.random(in: 0...1, using: &random),
                parentDeltaLength: 0, freshRatio: Double.random(in: 0.0001...1, using: &random))
            guard choice.keepsDelta else { continue }
            #expect(choice.deltaLength < choice.plainLength)
            choice.deltaLength = Int.random(in: 1...choice.deltaLength, using: &random)
            #expect(choice.keepsDelta)
        }
    }
}
