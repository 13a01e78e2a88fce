import Backends
import Maintenance
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Tiers

struct HealTests {
    /// A place with two snapshots, and a tier that has both.
    private func places(_ seed: UInt64, isEncrypted: Bool = true) throws -> (here: Place, other: Place) {
        var random = SeededRandom(seed: seed)
        let here = try Place.make(isEncrypted: isEncrypted)
        let bytes = random.text(700_000)
        try here.backUp("db", bytes)
        try here.backUp("db", random.edit(bytes))
        let other = try here.makeTier()
        try sync(here, other)
        return (here, other)
    }

    private func heal(
        _ here: Place, from other: Place, through: (any Backend)? = nil, isDryRun: Bool = false
    ) throws -> HealReport {
        try HealRun(
            here.test(through).repository, from: other.test().repository, width: 2, cancellation: Cancellation()
        ).run(isDryRun: isDryRun)
    }

    /// What a check without reading data says.
    private func structure(_ place: Place) throws -> [String] {
        let report = try CheckRun(
            place.test().repository, readsData: false, recordsDamage: false, width: 2, cancellation: Cancellation()
        ).run()
        return report.problems.filter { $0.severity == .damage }.map { "\($0.object): \($0.problem)" }
    }

    @Test(arguments: [true, false]) func whatABadDiskFlippedComesBack(_ isEncrypted: Bool) throws {
        let (here, other) = try places(31, isEncrypted: isEncrypted)
        let wanted = try contents(of: here)
        for pack in try here.packs() { here.backend.flip(pack, at: 700) }
        try here.recordDamage()
        #expect(try !structure(here).isEmpty)
        let report = try heal(here, from: other)
        #expect(report.flawed.isEmpty && report.lostChunks == 0 && report.neededChunks > 0)
        // The names are those of what is damaged: nothing may be put under them.
        #expect(report.figures.packs == 0 && report.figures.newPacks > 0)
        #expect(try structure(here) == [])
        #expect(try contents(of: here) == wanted)
        // A prune then takes away what is damaged.
        try here.prune()
        #expect(try here.damage() == [])
        #expect(try contents(of: here) == wanted)
    }

    @Test func packsThatAreGoneComeBackUnderTheirNames() throws {
        let (here, other) = try places(32)
        let packs = try here.packs()
        let wanted = try contents(of: here)
        for pack in packs { here.backend.delete(pack) }
        let report = try heal(here, from: other)
        #expect(report.flawed.isEmpty && report.setAside.isEmpty && report.figures.packs == packs.count)
        #expect(try here.packs() == packs)
        #expect(try here.damage() == [] && contents(of: here) == wanted)
    }

    @Test func aPackThatWasCutOffIsReplacedAndSetAside() throws {
        let (here, other) = try places(33)
        let wanted = try contents(of: here)
        let victim = try #require(try here.packs().first)
        here.backend.tamper(with: victim) { Array($0.prefix($0.count / 2)) }
        let report = try heal(here, from: other)
        #expect(report.flawed.isEmpty && report.setAside == [victim.id])
        #expect(try here.backend.read(victim).count > 0, "nothing is deleted")
        #expect(try structure(here) == [] && contents(of: here) == wanted)
    }

    @Test func aMissingPackThatWasCondemnedComesBackUnderOtherNames() throws {
        let (here, other) = try places(34)
        let wanted = try contents(of: here)
        let packs = try here.packs()
        try here.test().repository.putRecord(.condemn(packs.map(\.id)))
        for pack in packs { here.backend.delete(pack) }
        let report = try heal(here, from: other)
        #expect(report.flawed.isEmpty && report.figures.packs == 0)
        #expect(try Set(here.packs()).isDisjoint(with: packs))
        #expect(try structure(here) == [] && contents(of: here) == wanted)
    }

    @Test func theOtherPlaceMayBePackedOtherwise() throws {
        let (here, other) = try places(35)
        try other.forget([try #require(try other.snapshots().first)])
        try other.prune()
        let wanted = try contents(of: here)
        for pack in try here.packs() { here.backend.delete(pack) }
        let report = try heal(here, from: other)
        // The second snapshot is there again; of the first the other place has not all any more.
        let snapshots = try here.snapshots()
        #expect(report.flawed.map(\.snapshot.id) == [snapshots[0].id] && report.lostChunks > 0)
        #expect(try here.read("db", of: snapshots[1]) == wanted[snapshots[1].origin])
    }

    @Test func aDryRunWritesNothing() throws {
        let (here, other) = try places(36)
        here.backend.delete(try here.packs()[0])
        let before = try StorageFolder.allCases.map { try here.backend.names(in: $0) }
        let report = try heal(here, from: other, isDryRun: true)
        #expect(report.neededChunks > 0 && report.plan != nil)
        #expect(try StorageFolder.allCases.map { try here.backend.names(in: $0) } == before)
    }

    @Test func whatIsWholeNeedsNothing() throws {
        let (here, other) = try places(37)
        try other.backUp("new", [1, 2, 3])
        let report = try heal(here, from: other)
        #expect(report.neededChunks == 0 && report.flawed.isEmpty && report.setAside.isEmpty)
        #expect(report.figures.packs == 0 && report.absentSnapshots == 1)
    }

    @Test func onlyAFamilyHeals() throws {
        let (here, _) = try places(38)
        #expect(failure { try heal(here, from: try Place.make()) }?.kind == .usage)
        #expect(failure { try heal(here, from: here) }?.kind == .usage)
    }

    @Test func aDamagedIndexComesFirst() throws {
        let (here, other) = try places(39)
        here.backend.flip(try here.backend.names(in: .index)[0], at: 300)
        #expect(failure { try heal(here, from: other) }?.kind == .damaged)
    }

    @Test func aHealThatIsCutOffLosesNothing() throws {
        let (here, other) = try places(40)
        let wanted = try contents(of: here)
        let packs = try here.packs()
        here.backend.flip(packs[0], at: 900)
        here.backend.delete(packs[1])
        try here.recordDamage()
        var number = 0
        while true {
            let damaged = try here.copy()
            let faulty = FaultyBackend(damaged.backend)
            let test = try damaged.test(faulty)
            let cut = number
            faulty.setRule { _, operation in operation < cut ? .none : .fail }
            let run = HealRun(
                test.repository, from: try other.test().repository, width: 2, cancellation: Cancellation())
            let error = failure { try run.run(isDryRun: false) }
            faulty.setRule { _, _ in .none }
            #expect(try heal(damaged, from: other).flawed.isEmpty, "cut at \(number)")
            try #expect(structure(damaged) == [] && contents(of: damaged) == wanted, "cut at \(number)")
            if error == nil { break }
            number += 2
        }
        #expect(number > 10)
    }

    @Test(arguments: 0..<10) func damageAtBothPlacesIsHealedWhereOneIsWhole(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (here, other) = try places(50 + seed)
        let wanted = try contents(of: here)
        // Each pack is damaged at one of the two places at most.
        for pack in try here.packs() {
            switch random.next() % 5 {
            case 0: here.backend.flip(pack, at: 200 + Int(random.next() % 5000))
            case 1: here.backend.delete(pack)
            case 2: other.backend.flip(pack, at: 200 + Int(random.next() % 5000))
            case 3: other.backend.delete(pack)
            default: here.backend.tamper(with: pack) { Array($0.prefix(1000)) }
            }
        }
        try here.recordDamage()
        try other.recordDamage()
        #expect(try heal(here, from: other).flawed.isEmpty)
        #expect(try heal(other, from: here).flawed.isEmpty)
        for place in [here, other] {
            #expect(try structure(place) == [] && contents(of: place) == wanted)
            try place.prune()
            #expect(try place.damage() == [] && contents(of: place) == wanted)
        }
    }
}
