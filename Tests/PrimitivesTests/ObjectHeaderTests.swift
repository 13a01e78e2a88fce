import Testing

@testable import Primitives

private func makeHeader(_ type: ObjectType = .dataPack, suite: CipherSuite = .aes256GCM) -> ObjectHeader {
    ObjectHeader(
        type: type, suite: suite, keyMode: suite == .none ? .none : type.keyMode, keyEpoch: 0x0102_0304,
        keyID: 0x0506_0708, repository: Identifier(uncheckedBytes: [UInt8](0x10...0x1f)),
        session: Identifier(uncheckedBytes: [UInt8](0x20...0x2f)), salt: [UInt8](0x30...0x4f))
}

/// The header's bytes with some of them set, and the checksum that belongs to them.
private func bytes(setting offset: Int, to values: [UInt8]) -> [UInt8] {
    var bytes = makeHeader().encoded
    bytes.replaceSubrange(offset..<offset + values.count, with: values)
    let checksum = CRC32C.checksum(bytes[..<124])
    for index in 0..<4 { bytes[124 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
    return bytes
}

private func refusal(of bytes: [UInt8]) -> VarveError? {
    #expect(throws: VarveError.self) { try ObjectHeader(decoding: bytes[...], of: "object 12") }
}

@Suite struct ObjectHeaderTests {
    @Test func layoutIsThatOfTheSpecification() throws {
        let bytes = makeHeader().encoded
        #expect(bytes.count == 128)
        #expect(Array(bytes[0..<8]) == [0x89, 0x56, 0x52, 0x56, 0x0D, 0x0A, 0x1A, 0x0A])
        #expect(Array(bytes[8..<16]) == [1, 0, 1, 1, 1, 0, 0, 0])
        #expect(Array(bytes[16..<24]) == [4, 3, 2, 1, 8, 7, 6, 5])
        #expect(Array(bytes[24..<88]) == [UInt8](0x10...0x4f))
        #expect(bytes[88..<124].allSatisfy { $0 == 0 })
        var checksum = ByteReader(bytes[124...], of: "checksum")
        #expect(try checksum.readInteger() == CRC32C.checksum(bytes[..<124]))
    }

    @Test func everyTypeAndSuiteComesBack() throws {
        for type in ObjectType.allCases {
            for suite in CipherSuite.allCases {
                let header = makeHeader(type, suite: suite)
                #expect(try ObjectHeader(decoding: header.encoded[...], of: "object") == header)
            }
        }
    }

    @Test func whatFollowsIsNotLookedAt() throws {
        let slice = ([7, 7] + makeHeader().encoded + [1, 2, 3])[2...]
        #expect(try ObjectHeader(decoding: slice, of: "object") == makeHeader())
    }

    @Test func everyTruncationIsRefused() {
        let bytes = makeHeader().encoded
        for length in 0..<128 { #expect(refusal(of: Array(bytes[..<length]))?.kind == .damaged) }
    }

    @Test func everyChangedBitIsFound() {
        for index in 0..<128 {
            for bit: UInt8 in 0..<8 {
                var bytes = makeHeader().encoded
                bytes[index] ^= 1 << bit
                #expect(refusal(of: bytes)?.kind == .damaged)
            }
        }
    }

    /// A valid checksum, and something else wrong.
    @Test(
        arguments: [
            (0, [0x88], "does not begin"), (13, [1], "flags"), (10, [0], "type 0"), (10, [15], "type 15"),
            (10, [255], "type 255"), (11, [3], "suite 3"), (12, [5], "key mode 5"), (88, [1], "reserved"),
            (119, [1], "reserved"), (120, [1], "reserved"), (123, [0x80], "reserved"),
        ] as [(Int, [UInt8], String)])
    func damage(offset: Int, values: [UInt8], problem: String) {
        let error = refusal(of: bytes(setting: offset, to: values))
        #expect(error?.kind == .damaged)
        #expect(error?.problem.contains("object 12") == true)
        #expect(error?.problem.contains(problem) == true)
    }

    @Test(
        arguments: [
            (8, [2, 0], "format version 2"), (8, [0, 1], "format version 256"), (8, [0, 0], "format version 0"),
            (14, [1, 0], "0x1"), (14, [0, 0x80], "0x8000"),
        ] as [(Int, [UInt8], String)])
    func newerFormats(offset: Int, values: [UInt8], problem: String) {
        let error = refusal(of: bytes(setting: offset, to: values))
        #expect(error?.kind == .unsupported)
        #expect(error?.problem.contains(problem) == true)
        #expect(error?.advice.contains("newer varve") == true)
    }

    /// The order of the checks: what a newer version means is not called damage.
    @Test func aNewerVersionMayMeanAnythingElse() {
        let error = refusal(of: bytes(setting: 8, to: [2, 0, 99, 99, 99, 1, 0xff, 0xff]))
        #expect(error?.kind == .unsupported)
        #expect(error?.problem.contains("version 2") == true)
        #expect(refusal(of: bytes(setting: 8, to: [1, 0, 99, 99, 99, 1, 1, 0]))?.kind == .unsupported)
    }

    @Test func keyModesAreThoseOfTheSpecification() {
        let modes = Dictionary(uniqueKeysWithValues: ObjectType.allCases.map { ($0.rawValue, $0.keyMode.rawValue) })
        #expect(
            modes == [
                1: 1, 2: 1, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 9: 1, 10: 4, 11: 3, 12: 3, 13: 2, 14: 2,
            ])
    }

    @Test func classesHaveTheirPacks() {
        #expect(ChunkClass.allCases.map(\.rawValue) == [1, 2, 3])
        #expect(ChunkClass.allCases.map(\.packType) == [.dataPack, .metadataPack, .metadataPack])
    }
}
