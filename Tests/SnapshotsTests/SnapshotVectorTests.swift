import FormatVectors
import Hashing
import Primitives
import Sealing
import TestSupport
import Testing

@testable import Repositories
@testable import Snapshots

/// `format-spec/vectors/snapshot.json`: snapshots, names in display form, and configurations.
struct SnapshotVectorTests {
    private struct File: Decodable {
        let snapshots: [Object]
        let invalidSnapshots: [Invalid]
        let display: [Display]
        let configs: [Config]
        let invalidConfigs: [InvalidConfig]
    }

    private struct Object: Decodable {
        let description: String
        let ikm: HexBytes?
        let header: HexBytes
        let session: HexBytes
        let json: String
        let name: HexBytes
        let bytes: HexBytes
    }

    private struct Invalid: Decodable {
        let description: String
        let reason: String
        let plain: HexBytes
    }

    private struct Display: Decodable {
        let bytes: HexBytes
        let shown: String
    }

    private struct Config: Decodable { let json: String }

    private struct InvalidConfig: Decodable {
        let description: String
        let reason: String
        let json: String
    }

    private let file: File

    init() throws { file = try Vectors.load("snapshot") }

    @Test func snapshotsOpenAndAreUnderstood() throws {
        #expect(file.snapshots.count >= 6)
        for vector in file.snapshots {
            let bytes = vector.bytes.bytes
            let header = try ObjectHeader(decoding: bytes[...], of: "vector")
            #expect(header.encoded == vector.header.bytes)
            #expect(header.session == (try vector.session.identifier()))
            #expect(SHA256Hasher.digest(of: bytes) == (try vector.name.digest()))
            let sealer = ObjectSealer(header: header, keyMaterial: vector.ikm.map { SecretBytes($0.bytes) })
            let plain = try sealer.openWholeObject(bytes, object: "vector")
            #expect(String(decoding: plain, as: UTF8.self) == vector.json)
            #expect(try sealer.sealWholeObject(plain) == bytes)

            let record = try SnapshotRecord(decoding: plain, of: "vector")
            #expect(try SnapshotRecord(decoding: try record.encoded(), of: "again") == record)
            #expect(record.host.hasPrefix("ex") && record.user == "alice")
            #expect(record.time.rfc3339 == "2026-01-01T00:00:00.123456789Z")
            #expect(record.root.root.hex == "9bc71dd0bf99c2f56ff44c66325c99a660fef5e6c8565f0e81adf0f3c54ccebb")
            #expect(record.writer.hex == "a570ac489d3ca5465af5e8b282f17760")
            #expect(record.summary.files == 1 && record.summary.durationMs == 6)
        }
        let all = try SnapshotRecord(decoding: Array(file.snapshots[1].json.utf8), of: "vector")
        #expect(all.sequence == 9_007_199_254_740_991 && all.root.level == 1 && all.root.entries == 5000)
        #expect(all.parent != nil && all.parent == all.previous && all.excludes == ["/home/*/.cache"])
        #expect(all.original != nil && all.original != all.parent)
        let text = try SnapshotRecord(decoding: Array(file.snapshots[3].json.utf8), of: "vector")
        #expect(text.host == "exämple-😀" && text.paths == ["/caf\\xe9", "/a\\\\b"])
        #expect(text.tags == ["“x”", "a\\b", "tab\there", ""])
    }

    @Test func wrongSnapshotsAreRefused() throws {
        for vector in file.invalidSnapshots {
            let error = failure { try SnapshotRecord(decoding: vector.plain.bytes, of: "snapshots/x") }
            #expect(
                error?.kind == (vector.reason == "mustUnderstand" ? .unsupported : .damaged), "\(vector.description)")
            #expect(error?.problem.hasPrefix("snapshots/x") == true, "\(vector.description)")
        }
    }

    @Test func namesAreShownAsTheSpecificationSays() {
        for vector in file.display {
            #expect(Array(ByteString.display(vector.bytes.bytes).utf8) == Array(vector.shown.utf8))
        }
    }

    @Test func configurations() throws {
        for vector in file.configs {
            let configuration = try RepositoryConfiguration(decoding: Array(vector.json.utf8))
            #expect(try RepositoryConfiguration(decoding: try configuration.encoded()) == configuration)
            #expect(vector.json.contains("\"encrypted\":\(configuration.isEncrypted)"))
            #expect(vector.json.contains("\"chunkerBits\":\(configuration.chunker.bits)"))
            #expect(vector.json.contains("\"packSize\":\(configuration.packSize)"))
            #expect(vector.json.contains(configuration.repository.hex))
            #expect(vector.json.contains(configuration.location.hex))
        }
        for vector in file.invalidConfigs {
            let error = failure { try RepositoryConfiguration(decoding: Array(vector.json.utf8)) }
            let isNewer = vector.description == "version 2" || vector.reason == "mustUnderstand"
            #expect(error?.kind == (isNewer ? .unsupported : .damaged), "\(vector.description)")
        }
    }
}
