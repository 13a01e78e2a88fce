import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Tiers

struct TierStatusTests {
    private func status(_ places: [Place]) throws -> TierStatus {
        try TierStatus.read(try places.map { try $0.test().repository }, cancellation: Cancellation())
    }

    @Test func itSaysWhereEachSnapshotIs() throws {
        var random = SeededRandom(seed: 61)
        let here = try Place.make()
        let tier = try here.makeTier()
        let foreign = try Place.make(bits: 14)
        let first = try here.backUp("db", random.text(100_000))
        let second = try here.backUp("db", random.text(100_000))
        try sync(here, tier)
        try sync(here, foreign) { $0.names = [second.id.hex] }
        let third = try tier.backUp("db", random.text(100_000))
        try tier.forget(try tier.snapshots().filter { $0.origin == first.id })
        let found = try status([here, tier, foreign])
        #expect(found.rows.map(\.origin) == [first.id, second.id, third.id])
        #expect(
            found.rows.map(\.standings) == [
                [.whole, .forgotten, .absent], [.whole, .whole, .whole], [.absent, .whole, .absent],
            ])
        #expect(found.scarce.map(\.origin) == [first.id, third.id])
        #expect(try here.backend.list(.locks).isEmpty)
    }

    @Test func whatIsNotWholeDoesNotCount() throws {
        var random = SeededRandom(seed: 62)
        let here = try Place.make()
        let lost = try here.backUp("a", random.text(200_000))
        let packs = try here.packs()
        let kept = try here.backUp("b", random.text(200_000))
        let tier = try here.makeTier()
        try sync(here, tier)
        for pack in packs { here.backend.delete(pack) }
        let rows = try status([here, tier]).rows
        #expect(rows.map(\.origin) == [lost.id, kept.id])
        #expect(rows.map(\.wholeCount) == [1, 2])
        guard case .flawed = rows[0].standings[0] else {
            Issue.record("\(rows[0].standings)")
            return
        }
        #expect(try status([tier]).scarce.count == 2)
    }
}
