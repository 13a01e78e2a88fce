import COpenSSL
import Primitives
import Testing

@testable import Sealing

/// HMAC-SHA256 and HKDF with 32 bytes of output, through OpenSSL alone.
private func code(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 32)
    HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, nil)
    return code
}

private func derive(_ ikm: [UInt8], _ salt: [UInt8], _ info: [UInt8]) -> [UInt8] {
    code(info + [1], code(ikm, salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt))
}

private func seal(
    _ plain: [UInt8], with sealer: ObjectSealer, offset: UInt32 = 128, codec: UInt8 = 1, rawLength: UInt32 = 99,
    determinant: [UInt8] = [1, 2, 3]
) throws -> [UInt8] {
    var sealed = [UInt8](repeating: 0, count: plain.count + ObjectSealer.overhead)
    try sealed.withUnsafeMutableBytes { sealed in
        try plain.withUnsafeBytes {
            try sealer.sealSegment(
                stored: $0, offset: offset, codec: codec, rawLength: rawLength, determinant: determinant, into: sealed)
        }
    }
    return sealed
}

private func open(
    _ sealed: [UInt8], with sealer: ObjectSealer, offset: UInt32 = 128, codec: UInt8 = 1, rawLength: UInt32 = 99
) throws -> [UInt8] {
    var plain = [UInt8](repeating: 0xee, count: max(0, sealed.count - ObjectSealer.overhead))
    try plain.withUnsafeMutableBytes { plain in
        try sealed.withUnsafeBytes {
            try sealer.openSegment(
                $0, offset: offset, codec: codec, rawLength: rawLength, into: plain, object: "segment")
        }
    }
    return plain
}

private func expectDamage(_ body: () throws -> Void) {
    let error = #expect(throws: VarveError.self, performing: body)
    #expect(error?.kind == .damaged)
    #expect(error?.problem.contains(":") == true)
}

@Suite struct ObjectSealerTests {
    @Test(arguments: CipherSuite.allCases)
    func whatWasSealedOpens(suite: CipherSuite) throws {
        let sealer = makeSealer(suite)
        for length in [0, 1, 15, 16, 17, 1000, 70_000] {
            let plain = FixedRandom(seed: 5).bytes(length)
            #expect(try open(seal(plain, with: sealer), with: sealer) == plain)
            let whole = try sealer.sealWholeObject(plain)
            #expect(whole.count == 128 + length + 24)
            #expect(try sealer.openWholeObject(whole, object: "object") == plain)
            for place in [SealPlace.directory, .footer] {
                let part = try sealer.sealPart(plain, place: place)
                #expect(try sealer.openPart(part, place: place, object: "pack") == plain)
            }
        }
    }

    /// `format-spec/keys.md` and `sealing.md` word for word, from OpenSSL's primitives.
    @Test(arguments: [CipherSuite.aes256GCM, .chaCha20Poly1305])
    func bytesAreThoseOfTheSpecification(suite: CipherSuite) throws {
        let sealer = makeSealer(suite)
        let header = sealer.header.encoded
        let ikm = bytes(of: makeSecret(1))
        let key = derive(ikm, Array(header[56..<88]), Array("varve1".utf8) + header[8..<56])
        let nonceKey = derive(key, [], Array("nonce".utf8))
        let plain = Array("some stored bytes".utf8)
        let associatedData = header + [0x00, 0x10, 0x00, 0x00, 2, 0x99, 0x01, 0, 0]
        let t = code(associatedData + [9, 9], nonceKey).prefix(8)
        let nonce = [0x00, 0x10, 0x00, 0x00] + t
        var expected = [UInt8](repeating: 0, count: plain.count + 16)
        let isDone = plain.withUnsafeBytes { plain in
            expected.withUnsafeMutableBytes {
                AEAD.encrypt(
                    plain, suite: suite, key: SecretBytes(key), nonce: nonce, associatedData: associatedData, into: $0)
            }
        }
        #expect(isDone)
        let sealed = try seal(plain, with: sealer, offset: 4096, codec: 2, rawLength: 0x199, determinant: [9, 9])
        #expect(sealed == t + expected)
        // Elsewhere the plain bytes are what determines.
        let footer = try sealer.sealPart(plain, place: .footer)
        #expect(footer.prefix(8) == code(header + plain, nonceKey).prefix(8))
    }

    @Test func withoutEncryptionATagIsAChecksum() throws {
        let sealer = makeSealer(.none)
        let plain = Array("public".utf8)
        let sealed = try sealer.sealPart(plain, place: .directory)
        let message = [0xff, 0xff, 0xff, 0xff] + [UInt8](repeating: 0, count: 8) + sealer.headerBytes + plain
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_Digest(message, message.count, &digest, nil, EVP_sha256(), nil)
        #expect(sealed == [UInt8](repeating: 0, count: 8) + plain + digest.prefix(16))
    }

    @Test(arguments: CipherSuite.allCases)
    func everyChangedBitIsFound(suite: CipherSuite) throws {
        let sealer = makeSealer(suite)
        let sealed = try seal(Array("content".utf8), with: sealer)
        for index in sealed.indices {
            for bit: UInt8 in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << bit
                expectDamage { _ = try open(changed, with: sealer) }
            }
        }
        for length in 0..<sealed.count { expectDamage { _ = try open(Array(sealed[..<length]), with: sealer) } }
    }

    @Test(arguments: CipherSuite.allCases)
    func sealedBytesBelongToOnePlaceOfOneObject(suite: CipherSuite) throws {
        let sealer = makeSealer(suite)
        let sealed = try seal(Array("content".utf8), with: sealer)
        expectDamage { _ = try open(sealed, with: sealer, offset: 129) }
        expectDamage { _ = try open(sealed, with: sealer, codec: 0) }
        expectDamage { _ = try open(sealed, with: sealer, rawLength: 100) }
        expectDamage { _ = try open(sealed, with: makeSealer(suite, seed: 2)) }
        let directory = try sealer.sealPart([1, 2, 3], place: .directory)
        expectDamage { _ = try sealer.openPart(directory, place: .footer, object: "pack") }
        expectDamage { _ = try sealer.openPart(directory, place: .wholeObject, object: "pack") }
        let whole = try sealer.sealWholeObject([1, 2, 3])
        for index in 0..<128 {
            var changed = whole
            changed[index] ^= 1
            expectDamage { _ = try sealer.openWholeObject(changed, object: "object") }
        }
    }

    @Test func anotherKeyOpensNothing() throws {
        let sealed = try makeSealer(.aes256GCM).sealWholeObject([1, 2, 3])
        let other = ObjectSealer(header: makeHeader(), keyMaterial: makeSecret(2))
        let error = #expect(throws: VarveError.self) { try other.openWholeObject(sealed, object: "object") }
        #expect(error?.problem == "object: authentication failed")
    }

    @Test func nothingOfWhatDoesNotAuthenticateIsLeft() throws {
        for suite in [CipherSuite.aes256GCM, .chaCha20Poly1305] {
            let sealer = makeSealer(suite)
            var sealed = try seal(FixedRandom(seed: 1).bytes(5000), with: sealer)
            sealed[sealed.count - 1] ^= 1
            var plain = [UInt8](repeating: 0xee, count: 5000)
            expectDamage {
                try plain.withUnsafeMutableBytes { plain in
                    try sealed.withUnsafeBytes {
                        try sealer.openSegment(
                            $0, offset: 128, codec: 1, rawLength: 99, into: plain, object: "segment")
                    }
                }
            }
            #expect(plain.allSatisfy { $0 == 0 })
        }
    }

    /// A nonce stands for one content: t follows from the determinant, else from the plain bytes.
    @Test func noncesFollowFromWhatDetermines() throws {
        let sealer = makeSealer(.aes256GCM)
        let plain = Array("content".utf8)
        let sealed = try seal(plain, with: sealer)
        #expect(try seal(plain, with: sealer) == sealed)
        #expect(try seal(plain, with: sealer, determinant: [1, 2, 4]).prefix(8) != sealed.prefix(8))
        #expect(try seal(plain, with: sealer, codec: 2).prefix(8) != sealed.prefix(8))
        let parts = try [[1], [2], [1, 0]].map { try sealer.sealPart($0, place: .footer).prefix(8) }
        #expect(Set(parts).count == 3)
    }

    @Test func sealsInPlace() throws {
        for suite in CipherSuite.allCases {
            let sealer = makeSealer(suite)
            let plain = FixedRandom(seed: 3).bytes(3000)
            var room = [UInt8](repeating: 0, count: 8) + plain + [UInt8](repeating: 0, count: 16)
            try room.withUnsafeMutableBytes { room in
                try sealer.sealSegment(
                    stored: UnsafeRawBufferPointer(rebasing: room[8..<3008]), offset: 128, codec: 1, rawLength: 99,
                    determinant: [1, 2, 3], into: room)
            }
            #expect(room == (try seal(plain, with: sealer)))
        }
    }

    @Test func determinantOfASegment() throws {
        let first = try #require(Digest(bytes: FixedRandom(seed: 1).bytes(32)))
        let second = try #require(Digest(bytes: FixedRandom(seed: 2).bytes(32)))
        let compressed = SegmentDeterminant(
            codec: 2, level: -1, zstdVersion: 10504, chunks: [(id: first, length: UInt32(0x1234))], bases: [second])
        let beforeChunks: [UInt8] = [2, 0xff, 0x08, 0x29, 0, 0, 1, 0, 0, 0]
        let behindChunk: [UInt8] = [0x34, 0x12, 0, 0, 1, 0, 0, 0]
        #expect(compressed.bytes == beforeChunks + first.bytes + behindChunk + second.bytes)
        let stored = SegmentDeterminant(
            codec: 0, level: 3, zstdVersion: 10504, chunks: [(id: ChunkID, length: UInt32)](), bases: [])
        #expect(stored.bytes == [UInt8](repeating: 0, count: 14))
    }

    @Test func placesAreThoseOfTheSpecification() {
        #expect(SealPlace.segment(offset: 128).rawValue == 128)
        #expect(SealPlace.directory.rawValue == UInt32.max)
        #expect(SealPlace.footer.rawValue == UInt32.max - 1)
        #expect(SealPlace.wholeObject.rawValue == UInt32.max - 2)
    }
}
