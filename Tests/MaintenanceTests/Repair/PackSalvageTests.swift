import Backends
import Maintenance
import Primitives
import Repositories
import TestSupport
import Testing
import Threads

struct PackSalvageTests {
    @Test func nothingIsDoneWhereNothingIsDamaged() throws {
        let damaged = try DamagedRepository()
        let before = try damaged.backend.names(in: .data) + damaged.backend.names(in: .index)
        #expect(try damaged.repairPacks().isEmpty)
        #expect(try damaged.backend.names(in: .data) + damaged.backend.names(in: .index) == before)
    }

    @Test func whatIsRightInADamagedPackIsSaved() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first { $0.directory.segments.count > 1 } ?? damaged.packs().first)
        damaged.backend.flip(pack.name, at: 500)
        _ = try damaged.check()
        let old = try damaged.backend.read(pack.name)
        let planned = try PackSalvage(
            try damaged.open().repository, width: 2, cancellation: Cancellation()
        ).plan()
        let salvaged = try #require(try damaged.repairPacks().first)
        let lost = UInt64(pack.directory.segments[0].rawLength)
        let raw = pack.directory.segments.reduce(0) { $0 + UInt64($1.rawLength) }
        #expect(salvaged.id == pack.id && salvaged.lostBytes == lost && salvaged.savedBytes == raw - lost)
        #expect(planned.first?.savedBytes == salvaged.savedBytes && planned.first?.lostBytes == salvaged.lostBytes)
        // The damaged pack stays, and counts as absent.
        #expect(try damaged.backend.read(pack.name) == old)
        let index = try damaged.open().repository.loadIndex()
        #expect(index.damaged.contains(IndexRecord.DamagedPart(pack: pack.id, segment: nil)))
        for segment in pack.directory.segments.dropFirst() {
            for chunk in segment.chunks { #expect(index.chunks.usableLocation(of: chunk.id) != nil) }
        }
        // Once more saves nothing more; a backup brings the rest.
        let again = try #require(try damaged.repairPacks().first)
        #expect(again.savedBytes == 0 && again.lostBytes == lost)
        _ = try damaged.open().backUp("db", damaged.bytes)
        let healed = try #require(try damaged.repairPacks().first)
        #expect(healed.savedBytes == 0 && healed.lostBytes == 0)
        #expect(!(try damaged.check().isDamaged))
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    /// The tail is gone, and with it what the pack says of itself: the index knows where its segments are.
    @Test func ofATruncatedPackTheFirstSegmentsAreSaved() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().max { $0.directory.segments.count < $1.directory.segments.count })
        let first = pack.directory.segments[0]
        let kept = ObjectHeader.byteCount + Int(first.sealedLength)
        damaged.backend.tamper(with: pack.name) { Array($0.prefix(kept)) }
        _ = try damaged.check()
        let salvaged = try #require(try damaged.repairPacks().first)
        #expect(salvaged.isKnown && salvaged.savedBytes == UInt64(first.rawLength))
        let rest = pack.directory.segments.dropFirst().reduce(0) { $0 + UInt64($1.rawLength) }
        #expect(salvaged.lostBytes == rest)
        _ = try damaged.open().backUp("db", damaged.bytes)
        let check = try damaged.check()
        #expect(!check.isDamaged, "\(check.problems)")
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    /// Nothing is lost where only the name or the tail is wrong.
    @Test(arguments: [3, -150, -10]) func aPackWithDamageOutsideItsSegmentsIsReplacedWhole(position: Int) throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        damaged.backend.flip(pack.name, at: position < 0 ? Int(pack.size) + position : position)
        #expect(try damaged.check().isDamaged)
        let salvaged = try #require(try damaged.repairPacks().first)
        #expect(salvaged.lostBytes == 0 && salvaged.savedBytes > 0)
        let check = try damaged.check()
        #expect(!check.isDamaged, "\(check.problems)")
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    @Test func aNamedPackIsReplacedThoughNothingIsKnownOfIt() throws {
        let damaged = try DamagedRepository()
        let pack = try #require(try damaged.packs().first)
        let salvaged = try damaged.repairPacks([pack.id])
        #expect(salvaged.map(\.id) == [pack.id] && salvaged[0].lostBytes == 0)
        damaged.backend.delete(pack.name)
        #expect(try damaged.open().read("db", of: damaged.snapshot) == damaged.bytes)
    }

    @Test func anIndexThatCannotBeReadComesFirst() throws {
        let damaged = try DamagedRepository()
        damaged.backend.flip(try damaged.backend.names(in: .index)[0], at: 140)
        let error = failure { try damaged.repairPacks() }
        #expect(error?.kind == .damaged && error?.advice.contains("repair index") == true)
        #expect(try damaged.backend.names(in: .locks) == [])
    }
}
