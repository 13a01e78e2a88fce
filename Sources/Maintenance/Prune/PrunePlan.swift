import Primitives

/// Which packs go: those that nothing needs, and those that are worth writing anew without what nothing needs.
package struct PrunePlan: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        /// A part of it is not needed.
        case partlyUnused = "partly unused"
        /// It is one of many small ones of about the same size, which are put together.
        case small
    }

    package struct Repack: Hashable, Sendable {
        package let pack: PackUsage
        package let reason: Reason
    }

    /// Packs that are deleted: nothing in them is needed.
    package private(set) var removed: [PackUsage] = []
    /// Packs whose needed chunks are copied to new packs, in order of what is gained.
    package private(set) var repacked: [Repack] = []
    /// Packs of sessions that may be at work that would go but for that: nothing needs them yet, or only parts.
    package private(set) var spared: [PackUsage] = []
    /// Stored bytes of what is needed.
    package private(set) var usedBytes: UInt64 = 0
    /// Stored bytes that nothing needs and that stay.
    package private(set) var remainingUnusedBytes: UInt64 = 0

    /// Packs smaller than this part of the size that packs should have are small.
    static let smallPart: UInt64 = 4
    /// So many small packs of a kind and a generation are put together at least.
    static let smallCount = 32
    /// Where they are more than twice as many, a prune takes only so many, or this part of them: the rest is left to those that follow.
    static let smallShare = 4
    /// A small pack of a generation holds less than this part of one of the generation before.
    static let generationPart: UInt64 = 8
    /// All packs that hold less are of the last generation.
    static let lastGeneration = 3

    /// - Parameters:
    ///   - packs: all that are not condemned.
    ///   - packSize: the size that packs should have.
    package init(_ packs: [PackUsage], policy: PrunePolicy, packSize: UInt64) {
        removed = packs.filter { $0.usedBytes == 0 && !$0.isProtected }.sorted { $0.id < $1.id }
        spared = packs.filter { $0.usedBytes == 0 && $0.isProtected }.sorted { $0.id < $1.id }
        let kept = packs.filter { $0.usedBytes > 0 || $0.isProtected }
        usedBytes = kept.reduce(0) { $0 + $1.usedBytes }
        remainingUnusedBytes = kept.reduce(0) { $0 + $1.unusedBytes }
        guard let allowance = policy.allowance(beside: usedBytes) else { return }

        var budget = policy.maxRepackBytes ?? .max
        let candidates = kept.filter { !$0.isProtected }
        for pack in candidates.filter({ $0.unusedBytes > 0 }).sorted(by: PrunePlan.isWorthMore) {
            if remainingUnusedBytes <= allowance { break }
            if pack.size > budget { continue }
            budget -= pack.size
            remainingUnusedBytes -= pack.unusedBytes
            repacked.append(Repack(pack: pack, reason: .partlyUnused))
        }
        if remainingUnusedBytes > allowance {
            spared += kept.filter { $0.isProtected && $0.usedBytes > 0 && $0.unusedBytes > 0 }.sorted { $0.id < $1.id }
        }
        for isMetadata in [true, false] {
            let small = candidates.filter { $0.isMetadata == isMetadata && $0.size < packSize / PrunePlan.smallPart }
            mergeSmall(small, packSize: packSize, &budget)
        }
    }

    /// Puts small packs together where those of one generation are many.
    ///
    /// What comes of that is of an earlier generation, or not small any more. So however many backups are made and however often is
    /// pruned, what is needed is written anew once in each generation, and there are few small packs: about four for each backup that is
    /// made between two prunes, and those of generations that are not full.
    private mutating func mergeSmall(_ small: [PackUsage], packSize: UInt64, _ budget: inout UInt64) {
        let chosen = Set(repacked.map(\.pack.id))
        let generations = Dictionary(grouping: small.filter { !chosen.contains($0.id) }) { pack in
            PrunePlan.generation(of: pack, packSize: packSize)
        }
        for (_, packs) in generations.sorted(by: { $0.key > $1.key }) where packs.count >= PrunePlan.smallCount {
            let count = max(2 * PrunePlan.smallCount, packs.count / PrunePlan.smallShare)
            for pack in packs.sorted(by: { ($0.size, $0.id) < ($1.size, $1.id) }).prefix(count) {
                if pack.size > budget { break }
                budget -= pack.size
                remainingUnusedBytes -= pack.unusedBytes
                repacked.append(Repack(pack: pack, reason: .small))
            }
        }
    }

    /// How far a small pack is from being a whole one, by what is needed of it: 0 for the largest.
    static func generation(of pack: PackUsage, packSize: UInt64) -> Int {
        var bound = packSize / smallPart / generationPart
        var generation = 0
        while generation < lastGeneration, pack.usedBytes < bound {
            bound /= generationPart
            generation += 1
        }
        return generation
    }

    /// Metadata first, since all who look at a repository read it; then the emptiest, then the smallest.
    private static func isWorthMore(_ a: PackUsage, _ b: PackUsage) -> Bool {
        if a.isMetadata != b.isMetadata { return a.isMetadata }
        if a.usedShare != b.usedShare { return a.usedShare < b.usedShare }
        return (a.size, a.id) < (b.size, b.id)
    }

    /// The packs that go.
    package var victims: [Digest] { (removed.map(\.id) + repacked.map(\.pack.id)).sorted() }

    /// Bytes of the packs that are deleted because nothing needs them.
    package var removedBytes: UInt64 { removed.reduce(0) { $0 + $1.size } }
    /// Bytes of the packs that are written anew.
    package var repackedBytes: UInt64 { repacked.reduce(0) { $0 + $1.pack.size } }
    /// About so many bytes are written to new packs.
    package var rewrittenBytes: UInt64 { repacked.reduce(0) { $0 + $1.pack.usedBytes } }
    /// About so many bytes become free.
    package var freedBytes: UInt64 { removedBytes + repackedBytes - min(repackedBytes, rewrittenBytes) }
}
