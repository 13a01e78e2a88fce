import Backends
import Maintenance
import Primitives
import SeededData
import TestSupport
import Testing

struct VerificationLedgerTests {
    private func ledger(_ count: Int, _ random: inout SeededRandom) -> VerificationLedger {
        var ledger = VerificationLedger()
        for _ in 0..<count {
            let time = Timestamp(nanoseconds: Int64.random(in: .min ... .max, using: &random))
            ledger.note(TestDigest.sha256(random.bytes(8)), at: time)
        }
        return ledger
    }

    @Test func whatIsWrittenIsRead() throws {
        var random = SeededRandom(seed: 311)
        for count in [0, 1, 2, 100] {
            let ledger = ledger(count, &random)
            #expect(try VerificationLedger(decoding: ledger.encoded) == ledger)
        }
    }

    @Test func noChangedFileIsBelieved() throws {
        var random = SeededRandom(seed: 312)
        let good = ledger(5, &random).encoded
        for position in good.indices {
            var changed = good
            changed[position] ^= UInt8(1 << (random.next() % 8))
            #expect(throws: MalformedBytes.self, "byte \(position)") { try VerificationLedger(decoding: changed) }
            #expect(throws: MalformedBytes.self) { try VerificationLedger(decoding: Array(good[..<position])) }
        }
        #expect(throws: MalformedBytes.self) { try VerificationLedger(decoding: good + [0]) }
    }

    @Test func theLatestVerificationCounts() {
        let pack = Digest(1, 2, 3, 4)
        var ledger = VerificationLedger()
        ledger.note(pack, at: Timestamp(nanoseconds: 5))
        ledger.note(pack, at: Timestamp(nanoseconds: 3))
        #expect(ledger.times[pack]?.nanoseconds == 5)
        var other = VerificationLedger()
        other.note(pack, at: Timestamp(nanoseconds: 9))
        other.note(Digest(9, 9, 9, 9), at: Timestamp(nanoseconds: 1))
        ledger.merge(other)
        #expect(ledger.times[pack]?.nanoseconds == 9 && ledger.times.count == 2)
        ledger.keep([pack])
        #expect(ledger.times.count == 1)
        let packs = [ListedObject(id: pack, size: 10), ListedObject(id: Digest(5, 5, 5, 5), size: 7)]
        let standing = ledger.standing(of: packs)
        #expect(standing.neverVerifiedBytes == 7 && standing.oldest?.nanoseconds == 9)
        #expect(VerificationLedger().standing(of: []).oldest == nil)
    }
}
