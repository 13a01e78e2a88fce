import FormatVectors
import Primitives
import Testing

@testable import Sealing

private struct Sealings: Decodable {
    struct Chunk: Decodable {
        let id: HexBytes
        let length: UInt32
    }

    struct Valid: Decodable {
        let what: String
        let ikm, key, nonceKey: HexBytes?
        let header: HexBytes
        let place: UInt32
        let associatedData, determinant, t, nonce, plain, sealed: HexBytes
        // Of segments alone.
        let codec: UInt8?
        let level: Int8?
        let zstdVersion, rawLength: UInt32?
        let chunks: [Chunk]?
        let bases: [HexBytes]?
    }

    struct Invalid: Decodable {
        let description: String
        let ikm: HexBytes?
        let header: HexBytes
        let place: UInt32
        let associatedData, sealed: HexBytes
    }

    let valid: [Valid]
    let invalid: [Invalid]
}

private func makeSealer(header: HexBytes, ikm: HexBytes?) throws -> ObjectSealer {
    ObjectSealer(
        header: try ObjectHeader(decoding: header.bytes[...], of: "object"),
        keyMaterial: ikm.map { SecretBytes($0.bytes) })
}

private func makePlace(_ number: UInt32) -> SealPlace {
    switch number {
    case 0xFFFF_FFFF: .directory
    case 0xFFFF_FFFE: .footer
    case 0xFFFF_FFFD: .wholeObject
    default: .segment(offset: number)
    }
}

/// `format-spec/vectors/sealing.json`, in both directions.
@Suite struct SealingVectorTests {
    private let sealings: Sealings

    init() throws { sealings = try Vectors.load("sealing") }

    @Test func sealedBytes() throws {
        #expect(Set(sealings.valid.map(\.what)) == ["segment", "directory", "footer", "whole"])
        for example in sealings.valid {
            let sealer = try makeSealer(header: example.header, ikm: example.ikm)
            #expect(sealer.keys.map { bytes(of: $0.object) } == example.key?.bytes)
            #expect(sealer.keys.map { bytes(of: $0.nonce) } == example.nonceKey?.bytes)
            let place = makePlace(example.place)
            #expect(place.rawValue == example.place)
            var sealed = [UInt8](repeating: 0, count: example.plain.bytes.count + ObjectSealer.overhead)
            try sealed.withUnsafeMutableBytes { sealed in
                try example.plain.bytes.withUnsafeBytes {
                    try sealer.seal(
                        $0, place: place, associatedData: example.associatedData.bytes,
                        determinant: example.determinant.bytes, into: sealed)
                }
            }
            #expect(sealed == example.sealed.bytes)
            let plain = try sealer.open(
                example.sealed.bytes[...], place: place, associatedData: example.associatedData.bytes,
                object: "object")
            #expect(plain == example.plain.bytes)
        }
    }

    @Test func segments() throws {
        let segments = sealings.valid.filter { $0.what == "segment" }
        #expect(Set(segments.map(\.codec)) == [0, 1, 2])
        for example in segments {
            let sealer = try makeSealer(header: example.header, ikm: example.ikm)
            let codec = try #require(example.codec)
            let rawLength = try #require(example.rawLength)
            let chunks = try #require(example.chunks).map { chunk in
                (id: try chunk.id.digest(), length: chunk.length)
            }
            let determinant = SegmentDeterminant(
                codec: codec, level: try #require(example.level), zstdVersion: try #require(example.zstdVersion),
                chunks: chunks, bases: try #require(example.bases).map { try $0.digest() })
            #expect(determinant.bytes == example.determinant.bytes)
            var sealed = [UInt8](repeating: 0, count: example.sealed.bytes.count)
            try sealed.withUnsafeMutableBytes { sealed in
                try example.plain.bytes.withUnsafeBytes {
                    try sealer.sealSegment(
                        stored: $0, offset: example.place, codec: codec, rawLength: rawLength,
                        determinant: determinant.bytes, into: sealed)
                }
            }
            #expect(sealed == example.sealed.bytes)
            var stored = [UInt8](repeating: 0, count: example.plain.bytes.count)
            try stored.withUnsafeMutableBytes { stored in
                try sealed.withUnsafeBytes {
                    try sealer.openSegment(
                        $0, offset: example.place, codec: codec, rawLength: rawLength, into: stored, object: "segment")
                }
            }
            #expect(stored == example.plain.bytes)
        }
    }

    @Test func wholeObjectsAndParts() throws {
        for example in sealings.valid where example.what != "segment" {
            let sealer = try makeSealer(header: example.header, ikm: example.ikm)
            if example.what == "whole" {
                let object = example.header.bytes + example.sealed.bytes
                #expect(try sealer.sealWholeObject(example.plain.bytes) == object)
                #expect(try sealer.openWholeObject(object, object: "object") == example.plain.bytes)
            } else {
                let place = makePlace(example.place)
                #expect(try sealer.sealPart(example.plain.bytes, place: place) == example.sealed.bytes)
                #expect(
                    try sealer.openPart(example.sealed.bytes, place: place, object: "pack") == example.plain.bytes)
            }
        }
    }

    @Test func invalidBytesAreRefused() throws {
        #expect(!sealings.invalid.isEmpty)
        for example in sealings.invalid {
            let sealer = try makeSealer(header: example.header, ikm: example.ikm)
            let error = #expect(throws: VarveError.self, "\(example.description)") {
                try sealer.open(
                    example.sealed.bytes[...], place: makePlace(example.place),
                    associatedData: example.associatedData.bytes, object: "object")
            }
            #expect(error?.kind == .damaged)
        }
    }
}
