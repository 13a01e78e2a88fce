import CWideKernel
import Primitives
import SeededData
import Testing

@testable import Chunking

@Suite struct WindowHasherTests {
    /// V of the windows that end at `ends`, all of them together.
    private func values(_ level: KernelLevel, prf: SipHash24, _ bytes: [UInt8], endingAt ends: [Int]) -> [UInt64] {
        bytes.withUnsafeBytes { bytes in
            let places = ends.map { end in
                bytes.baseAddress.map { ($0 + end).assumingMemoryBound(to: UInt8.self) }
            }
            var values = [UInt64](repeating: 0, count: ends.count)
            WindowHasher(level, prf: prf).values(endingAt: places, count: ends.count, into: &values)
            return values
        }
    }

    /// The authors' key and input, 64 bytes from 0 on; the value is of OpenSSL, `openssl mac SIPHASH`.
    @Test(arguments: KernelLevel.available)
    func publishedValue(level: KernelLevel) {
        let prf = SipHash24(key: [UInt8](0..<16))
        let all = [Int](repeating: 64, count: CandidateGroup.size)
        let expected = [UInt64](repeating: 0xacd2_c40b_8502_cad8, count: CandidateGroup.size)
        #expect(values(level, prf: prf, [UInt8](0..<64), endingAt: all) == expected)
    }

    @Test(arguments: KernelLevel.available)
    func everyLaneAgreesWithOneHashForEveryNumberOfWindows(level: KernelLevel) {
        var random = SeededRandom(seed: 1)
        let bytes = random.bytes(400)
        for count in 1...CandidateGroup.size {
            let prf = SipHash24(key: random.bytes(16))
            let ends = (0..<count).map { _ in Int.random(in: 64...bytes.count, using: &random) }
            let expected = ends.map { end in bytes[end - 64..<end].withUnsafeBytes { prf($0) } }
            #expect(values(level, prf: prf, bytes, endingAt: ends) == expected)
        }
    }

    @Test func wideVectorsAgreeWithOneHash() {
        var random = SeededRandom(seed: 2)
        let bytes = random.bytes(400)
        let prf = SipHash24(key: random.bytes(16))
        for count in 1...CandidateGroup.size {
            let ends = (0..<count).map { _ in Int.random(in: 64...bytes.count, using: &random) }
            var found = [UInt64](repeating: 0, count: count)
            bytes.withUnsafeBytes { bytes in
                let places = ends.map { end in
                    bytes.baseAddress.map { ($0 + end).assumingMemoryBound(to: UInt8.self) }
                }
                wide_hash_windows(prf.k0, prf.k1, places, count, &found)
            }
            #expect(found == ends.map { end in bytes[end - 64..<end].withUnsafeBytes { prf($0) } })
        }
    }
}
