import Testing

@testable import Sealing

@Suite struct SecretBytesTests {
    @Test func neverPrinted() {
        let secret = SecretBytes(Array("hunter2".utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(text.contains("<secret>"))
            #expect(!text.contains("hunter2") && !text.contains("104"))
        }
        let key = MasterKey(epoch: 1, id: makeIdentifier(1), key: secret)
        #expect("\(key)".contains("<secret>"))
    }

    @Test func equalWhereBytesAreEqual() {
        #expect(SecretBytes([1, 2, 3]) == SecretBytes([1, 2, 3]))
        #expect(SecretBytes([1, 2, 3]) != SecretBytes([1, 2, 4]))
        #expect(SecretBytes([1, 2, 3]) != SecretBytes([1, 2]))
        #expect(SecretBytes([]) == SecretBytes([]))
    }

    @Test func holdsWhatItWasGiven() {
        #expect(bytes(of: SecretBytes([7, 8])) == [7, 8])
        #expect(bytes(of: SecretBytes(random: FixedRandom(seed: 1), count: 20)) == FixedRandom(seed: 1).bytes(20))
        #expect(SecretBytes([]).count == 0)
    }
}
