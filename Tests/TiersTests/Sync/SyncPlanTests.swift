import Primitives
import SeededData
import Testing

@testable import Tiers

struct SyncPlanTests {
    private let costs = SyncPlan.Costs(packSize: 32 << 20)

    private func digest(_ number: UInt64) -> Digest { Digest(number, 0, 0, 0) }

    /// A pack of segments of 1 MiB that are stored in a third of that.
    private func pack(
        _ number: UInt64, segments: Int, needed: Int, share: Double = 1, canTravel: Bool = true
    ) -> SyncPlan.Pack {
        let sealed: UInt32 = 350_000
        return SyncPlan.Pack(
            id: digest(number), size: UInt64(segments) * UInt64(sealed) + 65536, canTravel: canTravel,
            segments: (0..<needed).map { place in
                SyncPlan.Segment(
                    offset: 128 + UInt32(place) * sealed, sealedLength: sealed, rawLength: 1 << 20,
                    neededBytes: UInt64(Double(1 << 20) * share))
            })
    }

    @Test func aPackThatIsNeededTravelsAsItIs() {
        let plan = SyncPlan([pack(1, segments: 90, needed: 90)], costs: costs)
        #expect(plan.whole.map(\.id) == [digest(1)] && plan.partial.isEmpty)
        #expect(plan.wholeBytes == plan.whole[0].size && plan.partialBytes == 0)
        #expect(plan.storedBytes == plan.wholeBytes)
    }

    @Test(arguments: [1, 2, 5, 20, 500]) func aPackOfWhichAllIsNeededTravelsHoweverSmall(_ count: Int) {
        for length in stride(from: UInt32(100), to: 400_000, by: 7777) {
            let content = 128 + UInt64(count) * UInt64(length + 24) + UInt64(count) * 1200 + 300
            let pack = SyncPlan.Pack(
                id: digest(1), size: (content + 65535) / 65536 * 65536, canTravel: true,
                segments: (0..<count).map {
                    SyncPlan.Segment(
                        offset: 128 + UInt32($0) * (length + 24), sealedLength: length + 24, rawLength: 3 * length,
                        neededBytes: UInt64(3 * length))
                })
            #expect(SyncPlan([pack], costs: costs).whole.count == 1, "\(count) segments of \(length)")
        }
    }

    @Test func ofAPackThatIsHardlyNeededOnlySegmentsAreCopied() {
        let plan = SyncPlan([pack(1, segments: 90, needed: 3)], costs: costs)
        #expect(plan.whole.isEmpty && plan.partial.map(\.id) == [digest(1)])
        #expect(plan.partialBytes == 3 * 350_000)
    }

    @Test func aSmallPackIsNotWorthManyRequests() {
        // 10 segments of 10 kB: reading 6 of them costs more requests than the whole.
        let segments = (0..<6).map {
            SyncPlan.Segment(
                offset: 128 + UInt32($0) * 20_000, sealedLength: 10_000, rawLength: 30_000, neededBytes: 30_000)
        }
        let pack = SyncPlan.Pack(id: digest(1), size: 131_072, canTravel: true, segments: segments)
        #expect(SyncPlan([pack], costs: costs).whole.count == 1)
    }

    @Test func whatMayNotTravelNeverDoes() {
        let plan = SyncPlan([pack(1, segments: 90, needed: 90, canTravel: false)], costs: costs)
        #expect(plan.whole.isEmpty && plan.partial.count == 1)
    }

    @Test func whatIsStoredOfAPartlyNeededDeltaIsTheDeltaOrThePart() {
        func stored(_ neededBytes: UInt64) -> UInt64 {
            SyncPlan.Segment(
                offset: 128, sealedLength: 5000, rawLength: 100_000, neededBytes: neededBytes, hasBases: true
            ).storedBytes
        }
        #expect(stored(100_000) == 5000 && stored(30_000) == 5000)
        #expect(stored(6000) == 3000 && stored(1) == 1)
    }

    @Test func nothingNeededIsNothingCopied() {
        let plan = SyncPlan([pack(1, segments: 90, needed: 0)], costs: costs)
        #expect(plan.whole.isEmpty && plan.partial.isEmpty && plan.storedBytes == 0)
        #expect(SyncPlan([], costs: costs) == plan)
    }

    @Test func whatIsStoredOfAPartlyNeededSegmentIsItsShare() {
        let plan = SyncPlan([pack(1, segments: 90, needed: 2, share: 0.25)], costs: costs)
        #expect(plan.storedBytes == 2 * 350_000 / 4)
    }

    @Test(arguments: 0..<50) func everyPackIsCopiedInTheCheaperWay(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let packs = (0..<40).map { number in
            let segments = 1 + Int(random.next() % 100)
            return pack(
                UInt64(number), segments: segments, needed: Int(random.next() % UInt64(segments + 1)),
                share: Double(random.next() % 101) / 100, canTravel: random.next() % 8 > 0)
        }
        let plan = SyncPlan(packs, costs: costs)
        for pack in plan.whole { #expect(pack.canTravel && costs.whole(pack) <= costs.segments(pack)) }
        for pack in plan.partial { #expect(!pack.canTravel || costs.segments(pack) < costs.whole(pack)) }
        let chosen = Set((plan.whole + plan.partial).map(\.id))
        #expect(chosen == Set(packs.filter { !$0.segments.isEmpty }.map(\.id)))
        #expect(chosen.count == plan.whole.count + plan.partial.count)
    }

    @Test func neededMoreNeverTurnsAWholeCopyIntoSegments() {
        var wasWhole = false
        for needed in 1...90 {
            let isWhole = !SyncPlan([pack(1, segments: 90, needed: needed)], costs: costs).whole.isEmpty
            #expect(isWhole || !wasWhole)
            wasWhole = isWhole
        }
        #expect(wasWhole)
    }
}
