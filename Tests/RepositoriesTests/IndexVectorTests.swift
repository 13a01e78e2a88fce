import Backends
import FormatVectors
import Hashing
import Packing
import Primitives
import Sealing
import Testing

@testable import Repositories

/// `format-spec/vectors/index.json`: index objects, records, anchors and heartbeats, written by another program.
struct IndexVectorTests {
    private struct File: Decodable {
        let repository: HexBytes
        let valid: [Valid]
        let invalid: [Invalid]
    }

    private struct Valid: Decodable {
        let description: String
        let type: UInt8
        let location: HexBytes
        let plain: HexBytes
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K_index: HexBytes
        let header: HexBytes
        let name: HexBytes
        let bytes: HexBytes
        let packs: [Pack]?
        let anchors: [Anchor]?
        let sessions: [HexBytes]?
        let snapshots: [Forgotten]?
        let segments: [Segment]?
        let json: HexBytes?
        let anchor: HexBytes?
        let count: Number64?
    }

    /// A pack with its directory in an index object, or its ID alone in a record.
    private enum Pack: Decodable {
        case whole(id: HexBytes, size: UInt64, header: HexBytes, entries: HexBytes)
        case id(HexBytes)

        private enum Keys: String, CodingKey { case id, size, header, entries }

        init(from decoder: any Decoder) throws {
            guard let fields = try? decoder.container(keyedBy: Keys.self) else {
                self = .id(try HexBytes(from: decoder))
                return
            }
            self = .whole(
                id: try fields.decode(HexBytes.self, forKey: .id), size: try fields.decode(UInt64.self, forKey: .size),
                header: try fields.decode(HexBytes.self, forKey: .header),
                entries: try fields.decode(HexBytes.self, forKey: .entries))
        }
    }

    private struct Anchor: Decodable {
        let anchor: HexBytes
        let session: HexBytes
    }

    private struct Forgotten: Decodable {
        let snapshot: HexBytes
        let writer: HexBytes
        let sequence: Number64
        let original: HexBytes?
    }

    private struct Segment: Decodable {
        let pack: HexBytes
        let offset: UInt32
    }

    private struct Invalid: Decodable {
        let description: String
        let type: UInt8
        let location: HexBytes
        let plain: HexBytes
    }

    private let file: File

    init() throws { file = try Vectors.load("index") }

    private func type(_ number: UInt8) throws -> ObjectType { try #require(ObjectType(rawValue: number)) }

    /// Decodes a body and encodes it again; refuses one of another location, as whoever reads an object does.
    private func reencoded(_ plain: [UInt8], _ type: ObjectType, at location: Identifier) throws -> [UInt8] {
        let found: Identifier
        let bytes: [UInt8]
        switch type {
        case .index:
            let object = try IndexObject(decoding: plain, in: try file.repository.identifier())
            (found, bytes) = (object.location, object.encoded)
        case .anchor:
            let (anchor, location) = try SessionAnchor.decode(plain, of: "anchor")
            // Its text may have any form that means the same.
            let again = try SessionAnchor.decode(try anchor.encoded(at: location), of: "anchor")
            #expect(again.anchor == anchor)
            (found, bytes) = (location, plain)
        case .heartbeat:
            let (heartbeat, location) = try Heartbeat.decode(plain)
            (found, bytes) = (location, heartbeat.encoded(at: location))
        default:
            let (record, location) = try IndexRecord.decode(plain, type: type)
            #expect(record.type == type)
            (found, bytes) = (location, record.encoded(at: location))
        }
        guard found == location else { throw VarveError.damaged("object", "another location") }
        return bytes
    }

    @Test func objectsOpenAndAreCodedTheSame() throws {
        #expect(file.valid.count >= 10)
        for vector in file.valid {
            let bytes = vector.bytes.bytes
            let header = try ObjectHeader(decoding: bytes[...], of: "vector")
            #expect(header.encoded == vector.header.bytes, "\(vector.description)")
            #expect(header.repository == (try file.repository.identifier()))
            #expect(SHA256Hasher.digest(of: bytes) == (try vector.name.digest()), "\(vector.description)")
            let sealer = ObjectSealer(header: header, keyMaterial: SecretBytes(vector.K_index.bytes))
            let plain = try sealer.openWholeObject(bytes, object: "vector")
            #expect(plain == vector.plain.bytes, "\(vector.description)")
            #expect(try sealer.sealWholeObject(plain) == bytes, "\(vector.description)")
            let again = try reencoded(plain, try type(vector.type), at: try vector.location.identifier())
            #expect(again == plain, "\(vector.description)")
        }
    }

    @Test func whatTheySayIsUnderstood() throws {
        for vector in file.valid {
            let plain = vector.plain.bytes
            let type = try type(vector.type)
            switch type {
            case .index:
                let object = try IndexObject(decoding: plain, in: try file.repository.identifier())
                try compare(object.packs, vector.packs ?? [])
            case .anchor:
                let anchor = try SessionAnchor.decode(plain, of: "anchor").anchor
                let text = String(decoding: try #require(vector.json).bytes, as: UTF8.self)
                #expect(text.contains("\"host\":\"\(anchor.host)\"") && text.contains("\"pid\":\(anchor.processID)"))
                #expect(
                    text.contains("\"command\":\"\(anchor.command)\"") && text.contains("\"user\":\"\(anchor.user)\""))
                #expect(text.contains(anchor.time.rfc3339.prefix(19)))
            case .heartbeat:
                let heartbeat = try Heartbeat.decode(plain).heartbeat
                #expect(heartbeat.anchor == (try vector.anchor?.digest()))
                #expect(heartbeat.count == vector.count?.value)
            default: #expect(try IndexRecord.decode(plain, type: type).record == record(of: vector))
            }
        }
    }

    private func compare(_ packs: [PackRecord], _ expected: [Pack]) throws {
        #expect(packs.count == expected.count)
        for (pack, expected) in zip(packs, expected) {
            guard case .whole(let id, let size, let header, let entries) = expected else {
                Issue.record("a pack without its directory")
                continue
            }
            #expect(pack.id == (try id.digest()))
            #expect(pack.size == size && pack.header.encoded == header.bytes)
            #expect(pack.directory.encodedEntries == entries.bytes)
        }
    }

    private func record(of vector: Valid) throws -> IndexRecord {
        let packs = try (vector.packs ?? []).map { pack in
            guard case .id(let id) = pack else { throw VarveError(.local, "a record holds IDs alone") }
            return try id.digest()
        }
        switch try type(vector.type) {
        case .condemnRecord: return .condemn(packs)
        case .drainRecord:
            let anchors = try (vector.anchors ?? []).map {
                IndexRecord.AnchorName(name: try $0.anchor.digest(), session: try $0.session.identifier())
            }
            return .drain(packs: packs, anchors: anchors)
        case .voidRecord: return .void(try (vector.sessions ?? []).map { try $0.identifier() })
        case .forgetRecord:
            return .forget(
                try (vector.snapshots ?? []).map {
                    IndexRecord.ForgottenSnapshot(
                        name: try $0.snapshot.digest(), writer: try $0.writer.identifier(), sequence: $0.sequence.value,
                        original: try $0.original?.digest())
                })
        default:
            return .damage(
                try (vector.segments ?? []).map {
                    IndexRecord.DamagedPart(
                        pack: try $0.pack.digest(), segment: $0.offset == .max ? nil : $0.offset)
                })
        }
    }

    @Test func whatBreaksTheFormatIsRefused() throws {
        #expect(file.invalid.count >= 39)
        for vector in file.invalid {
            let location = try vector.location.identifier()
            #expect(throws: (any Error).self, "\(vector.description)") {
                _ = try reencoded(vector.plain.bytes, try type(vector.type), at: location)
            }
        }
    }
}
