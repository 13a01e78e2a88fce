import Backends
import Maintenance
import Primitives
import SeededData
import TestSupport
import Testing

/// Which packs are read: properties of the choice, for made-up packs.
struct DataSubsetTests {
    private func packs(_ count: Int, _ random: inout SeededRandom) -> [ListedObject] {
        (0..<count).map { _ in
            ListedObject(
                id: TestDigest.sha256(random.bytes(16)), size: UInt64.random(in: 1...(1 << 25), using: &random))
        }
    }

    @Test func allPartsTogetherAreAllPacksOnceEach() {
        var random = SeededRandom(seed: 301)
        for count in [0, 1, 2, 17, 200] {
            let packs = packs(count, &random)
            for parts in [1, 2, 3, 7, 31] {
                let chosen = (1...parts).flatMap {
                    DataSubset.part($0, of: parts).chosen(among: packs, VerificationLedger())
                }
                #expect(chosen.count == packs.count && Set(chosen) == Set(packs))
            }
        }
    }

    @Test func aPackStaysInItsPartWhateverElseThereIs() {
        var random = SeededRandom(seed: 302)
        let packs = packs(100, &random)
        let few = Array(packs.prefix(10))
        for number in 1...5 {
            let part = DataSubset.part(number, of: 5)
            let amongAll = Set(part.chosen(among: packs, VerificationLedger()))
            #expect(Set(part.chosen(among: few.reversed(), VerificationLedger())) == amongAll.intersection(few))
        }
    }

    @Test(arguments: [1.0, 5, 33, 100]) func sharesCoverEverythingInTime(percent: Double) {
        var random = SeededRandom(seed: 303)
        let packs = packs(150, &random)
        let total = packs.reduce(0) { $0 + $1.size }
        let largest = packs.map(\.size).max() ?? 0
        let share = UInt64((Double(total) * percent / 100).rounded(.up))
        var ledger = VerificationLedger()
        let rounds = Int((100 / percent).rounded(.up))
        for round in 0..<rounds {
            let chosen = DataSubset.share(percent: percent).chosen(among: packs, ledger)
            let bytes = chosen.reduce(0) { $0 + $1.size }
            #expect(bytes >= share && bytes < share + largest)
            for pack in chosen { ledger.note(pack.id, at: Timestamp(nanoseconds: Int64(round))) }
        }
        #expect(ledger.standing(of: packs).neverVerifiedBytes == 0)
    }

    @Test func aSizeTakesWhatWasVerifiedLongestAgo() {
        var random = SeededRandom(seed: 304)
        let packs = packs(20, &random)
        var ledger = VerificationLedger()
        for (age, pack) in packs.enumerated().dropFirst() {
            ledger.note(pack.id, at: Timestamp(nanoseconds: Int64(-age)))
        }
        // The first was never verified; of the others the last is the oldest.
        #expect(DataSubset.bytes(1).chosen(among: packs, ledger) == [packs[0]])
        let two = DataSubset.bytes(packs[0].size + 1).chosen(among: packs, ledger)
        #expect(Set(two) == [packs[0], packs[19]])
        #expect(DataSubset.bytes(.max).chosen(among: packs, ledger).count == packs.count)
        #expect(DataSubset.bytes(1).chosen(among: [], ledger) == [])
    }
}
