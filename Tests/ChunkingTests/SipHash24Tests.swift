import Testing

@testable import Chunking

@Suite struct SipHash24Tests {
    private let sipHash = SipHash24(key: [UInt8](0..<16))

    /// The authors' vectors: key 00 01 … 0f, input 00 01 … of each length. The last two are of OpenSSL, `openssl mac
    /// SIPHASH`.
    @Test(
        arguments: [
            (0, 0x726f_db47_dd0e_0e31),
            (1, 0x74f8_39c5_93dc_67fd),
            (2, 0x0d6c_8009_d9a9_4f5a),
            (3, 0x8567_6696_d7fb_7e2d),
            (4, 0xcf27_94e0_2771_87b7),
            (5, 0x1876_5564_cd99_a68d),
            (6, 0xcbc9_466e_58fe_e3ce),
            (7, 0xab02_00f5_8b01_d137),
            (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5),
            (63, 0x958a_324c_eb06_4572),
            (64, 0xacd2_c40b_8502_cad8),
            (100, 0x096f_3fec_85c5_2a7e),
        ] as [(Int, UInt64)])
    func publishedValues(length: Int, value: UInt64) {
        #expect([UInt8](0..<UInt8(length)).withUnsafeBytes { sipHash($0) } == value)
    }

    @Test func everyBitOfKeyAndInputCounts() {
        let input = [UInt8](0..<64)
        var values: Set<UInt64> = [input.withUnsafeBytes { sipHash($0) }]
        for bit in 0..<128 {
            var key = [UInt8](0..<16)
            key[bit / 8] ^= 1 << UInt8(bit % 8)
            values.insert(input.withUnsafeBytes { SipHash24(key: key)($0) })
        }
        for bit in 0..<512 {
            var changed = input
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            values.insert(changed.withUnsafeBytes { sipHash($0) })
        }
        #expect(values.count == 1 + 128 + 512)
    }
}
