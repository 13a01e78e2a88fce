import Maintenance
import Primitives
import Testing

struct IndexComparisonTests {
    private let packs = (0..<6).map { Digest(UInt64($0) << 56, 1, 0, 0) }
    private let objects = (0..<3).map { Digest(UInt64($0) << 56, 2, 0, 0) }
    private func word(_ number: UInt64) -> Digest { Digest(number, 3, 0, 0) }

    @Test func anIndexThatAgreesStays() {
        let comparison = IndexComparison(
            objects: [objects[0]: [packs[0]: word(0), packs[1]: word(1)], objects[1]: [packs[1]: word(1)]],
            packs: [packs[0]: .readable(word(0)), packs[1]: .readable(word(1))])
        #expect(comparison.wrongObjects == [] && comparison.packsToName == [] && comparison.packsToCarryOver.isEmpty)
        #expect(comparison.missingPacks == [] && comparison.unknownPacks == [])
    }

    @Test func anObjectThatContradictsIsReplacedWhole() {
        let comparison = IndexComparison(
            objects: [
                objects[0]: [packs[0]: word(9), packs[1]: word(1), packs[2]: word(2)],
                objects[1]: [packs[2]: word(2)],
            ],
            packs: [
                packs[0]: .readable(word(0)), packs[1]: .readable(word(1)), packs[2]: .readable(word(2)),
                packs[3]: .readable(word(3)),
            ])
        #expect(comparison.wrongObjects == [objects[0]])
        // The third stands in an object that stays; the fourth stood nowhere.
        #expect(comparison.packsToName == [packs[0], packs[1], packs[3]])
    }

    @Test func aMissingPackLeavesTheIndex() {
        let comparison = IndexComparison(
            objects: [objects[0]: [packs[0]: word(0), packs[1]: word(1)]], packs: [packs[1]: .readable(word(1))])
        #expect(comparison.wrongObjects == [objects[0]] && comparison.missingPacks == [packs[0]])
        #expect(comparison.packsToName == [packs[1]])
    }

    /// What only the index knows of a pack must not be lost with an object that is wrong about another.
    @Test func ofAPackWithoutADirectoryTheIndexIsBelieved() {
        let comparison = IndexComparison(
            objects: [objects[0]: [packs[0]: word(0)], objects[1]: [packs[1]: word(1), packs[5]: word(5)]],
            packs: [packs[0]: .unreadable, packs[1]: .unreadable, packs[2]: .unreadable])
        #expect(comparison.wrongObjects == [objects[1]])
        #expect(comparison.packsToName == [])
        #expect(comparison.packsToCarryOver.map(\.pack) == [packs[1]])
        #expect(comparison.packsToCarryOver.map(\.object) == [objects[1]])
        #expect(comparison.unknownPacks == [packs[2]])
    }
}
