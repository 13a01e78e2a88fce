import Primitives
import SeededData
import TestSupport
import Testing

@testable import Maintenance

/// The planner over thousands of made-up repositories: what must always hold, and single cases.
struct PrunePlanTests {
    private static let packSize: UInt64 = 32 << 20

    private func pack(
        _ number: UInt64, size: UInt64 = packSize, used: UInt64, unused: UInt64, isMetadata: Bool = false,
        isProtected: Bool = false
    ) -> PackUsage {
        PackUsage(
            id: Digest(number, number &* 77, 0, 0), size: size, isMetadata: isMetadata, usedBytes: used,
            unusedBytes: unused, isProtected: isProtected)
    }

    private func randomPacks(_ random: inout SeededRandom) -> [PackUsage] {
        (0..<random.next() % 60).map { number in
            let size =
                random.next() % 3 == 0 ? 65_536 + random.next() % 100_000 : random.next() % PrunePlanTests.packSize
            let content = size / 10 * 9
            let used = [0, content, content / 100 * (random.next() % 101)][Int(random.next() % 3)]
            return pack(
                number, size: size, used: used, unused: content - used, isMetadata: random.next() % 4 == 0,
                isProtected: random.next() % 8 == 0)
        }
    }

    private func randomPolicy(_ random: inout SeededRandom) -> PrunePolicy {
        let limits: [PrunePolicy.UnusedLimit] = [
            .percent(Double(random.next() % 101)), .bytes(random.next() % (1 << 28)), .bytes(0), .unlimited,
        ]
        return PrunePolicy(
            maxUnused: limits[Int(random.next() % 4)],
            maxRepackBytes: random.next() % 2 == 0 ? nil : random.next() % (1 << 29))
    }

    @Test func whatAlwaysHolds() {
        var random = SeededRandom(seed: 1)
        for round in 0..<3000 {
            let packs = randomPacks(&random)
            let policy = randomPolicy(&random)
            let plan = PrunePlan(packs, policy: policy, packSize: PrunePlanTests.packSize)
            let repacked = plan.repacked.map(\.pack)
            let going = Set(plan.victims)
            #expect(going.count == plan.removed.count + plan.repacked.count, "round \(round): a pack goes twice")
            #expect(packs.allSatisfy { !$0.isProtected || !going.contains($0.id) })
            // Wholly unused ones go, whatever the policy, and those alone go without being copied.
            #expect(Set(plan.removed) == Set(packs.filter { $0.usedBytes == 0 && !$0.isProtected }))
            let unusedAtWork = packs.filter { $0.usedBytes == 0 && $0.isProtected }
            #expect(Set(plan.spared).isSuperset(of: unusedAtWork))
            #expect(plan.spared.allSatisfy { $0.isProtected && ($0.usedBytes == 0 || $0.unusedBytes > 0) })
            // Partly used ones matter only where more is left unused than may be.
            if let allowance = policy.allowance(beside: plan.usedBytes), plan.remainingUnusedBytes > allowance {
                let partlyUsed = packs.filter { $0.isProtected && $0.usedBytes > 0 && $0.unusedBytes > 0 }
                #expect(Set(plan.spared).isSuperset(of: partlyUsed))
            }
            #expect(repacked.allSatisfy { $0.usedBytes > 0 })
            if let limit = policy.maxRepackBytes { #expect(plan.repackedBytes <= limit) }
            // The sums are right.
            let left = packs.filter { !going.contains($0.id) }
            #expect(plan.remainingUnusedBytes == left.reduce(0) { $0 + $1.unusedBytes })
            #expect(plan.usedBytes == packs.reduce(0) { $0 + $1.usedBytes })
            #expect(plan.freedBytes <= plan.removedBytes + plan.repackedBytes)
            if policy.maxUnused == .unlimited { #expect(plan.repacked.isEmpty) }
            // The same packs in another order make the same plan.
            #expect(
                PrunePlan(packs.shuffled(using: &random), policy: policy, packSize: PrunePlanTests.packSize) == plan)
        }
    }

    /// Without a limit on the work the limit on what is unused is kept, as far as packs of running sessions allow.
    @Test func theLimitIsKept() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<2000 {
            let packs = randomPacks(&random)
            let percent = Double(random.next() % 100)
            let plan = PrunePlan(
                packs, policy: PrunePolicy(maxUnused: .percent(percent)), packSize: PrunePlanTests.packSize)
            let protected = packs.filter(\.isProtected).reduce(0) { $0 + $1.unusedBytes }
            let all = Double(plan.usedBytes + plan.remainingUnusedBytes)
            #expect(
                Double(plan.remainingUnusedBytes) <= max(all * percent / 100 + 1, Double(protected)),
                "\(percent) % of \(all): \(plan.remainingUnusedBytes)")
            let none = PrunePlan(packs, policy: PrunePolicy(maxUnused: .bytes(0)), packSize: PrunePlanTests.packSize)
            #expect(none.remainingUnusedBytes == protected)
        }
    }

    /// No more is written anew than the limit asks for.
    @Test func noPackTooManyIsRepacked() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            let packs = randomPacks(&random)
            let limit = random.next() % (1 << 28)
            let plan = PrunePlan(
                packs, policy: PrunePolicy(maxUnused: .bytes(limit)), packSize: PrunePlanTests.packSize)
            let chosen = plan.repacked.filter { $0.reason == .partlyUnused }.map(\.pack)
            guard let last = chosen.last else { continue }
            let small = plan.repacked.filter { $0.reason == .small }.reduce(0) { $0 + $1.pack.unusedBytes }
            #expect(plan.remainingUnusedBytes + small + last.unusedBytes > limit)
        }
    }

    @Test func metadataThenTheEmptiestThenTheSmallestComeFirst() {
        let packs = [
            pack(1, used: 20 << 20, unused: 10 << 20), pack(2, used: 5 << 20, unused: 25 << 20),
            pack(3, size: 16 << 20, used: 5 << 19, unused: 25 << 19),
            pack(4, used: 25 << 20, unused: 5 << 20, isMetadata: true),
        ]
        let plan = PrunePlan(packs, policy: PrunePolicy(maxUnused: .bytes(0)), packSize: PrunePlanTests.packSize)
        #expect(plan.repacked.map(\.pack) == [packs[3], packs[2], packs[1], packs[0]])
        let first = PrunePlan(
            packs, policy: PrunePolicy(maxUnused: .bytes(0), maxRepackBytes: 48 << 20),
            packSize: PrunePlanTests.packSize)
        #expect(first.repacked.map(\.pack) == [packs[3], packs[2]])
    }

    @Test func manySmallPacksArePutTogether() {
        func small(_ count: UInt64, size: UInt64 = 100_000, isMetadata: Bool = false) -> [PackUsage] {
            (0..<count).map { pack($0, size: size, used: size / 10 * 9, unused: 0, isMetadata: isMetadata) }
        }
        func plan(_ packs: [PackUsage], _ policy: PrunePolicy = PrunePolicy()) -> PrunePlan {
            PrunePlan(packs, policy: policy, packSize: PrunePlanTests.packSize)
        }
        #expect(plan(small(31)).victims.isEmpty)
        #expect(plan(small(32)).repacked.map(\.reason) == Array(repeating: .small, count: 32))
        #expect(plan(small(32, isMetadata: true)).repacked.count == 32)
        // Where there are very many, some are left to the next prunes.
        #expect(plan(small(64)).repacked.count == 64)
        #expect(plan(small(127)).repacked.count == 64)
        #expect(plan(small(400)).repacked.count == 100)
        // Large ones are left alone, and so is everything where nothing is to be written anew.
        #expect(plan(small(40, size: 8 << 20)).victims.isEmpty)
        #expect(plan(small(40), PrunePolicy(maxUnused: .unlimited)).victims.isEmpty)
        #expect(plan(small(40), PrunePolicy(maxRepackBytes: 250_000)).repacked.count == 2)
    }

    @Test func smallPacksOfOtherSizesAreLeftAlone() {
        let tiny = (0..<32).map { pack($0, size: 70_000, used: 40_000, unused: 0) }
        let larger = (100..<131).map { pack($0, size: 2 << 20, used: 2 << 20, unused: 0) }
        let plan = PrunePlan(tiny + larger, policy: PrunePolicy(), packSize: PrunePlanTests.packSize)
        #expect(Set(plan.repacked.map(\.pack)) == Set(tiny))
    }

    /// A prune after each of many small backups: few packs at any time, and each byte is written anew a few times in all.
    @Test(arguments: [20_000, 300_000, 3_000_000] as [UInt64]) func mergingIsAmortized(size: UInt64) {
        var random = SeededRandom(seed: size)
        var packs: [PackUsage] = []
        var written: UInt64 = 0
        var stored: UInt64 = 0
        var mostSmall = 0
        for day in 0..<500 as Range<UInt64> {
            let used = size / 2 + random.next() % size
            packs.append(pack(day, size: max(used, 65_536), used: used, unused: 0))
            stored += used
            let plan = PrunePlan(packs, policy: PrunePolicy(), packSize: PrunePlanTests.packSize)
            let going = Set(plan.victims)
            packs.removeAll { going.contains($0.id) }
            var rest = plan.rewrittenBytes
            written += rest
            while rest > 0 {
                let part = min(rest, PrunePlanTests.packSize)
                packs.append(pack(1_000_000 + day * 100 + UInt64(packs.count), size: part, used: part, unused: 0))
                rest -= part
            }
            mostSmall = max(mostSmall, packs.count(where: { $0.size < PrunePlanTests.packSize / 4 }))
        }
        #expect(mostSmall <= 4 * 31)
        #expect(written <= stored * 5 / 2)
    }
}
