import Backends
import FileIO
import FormatVectors
import Glibc
import Primitives
import Repositories
import Sealing
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

/// `format-spec/example`, a repository that another program wrote: what `example.json` says is in it is restored from it.
struct ExampleRepositoryTests {
    private struct File: Decodable {
        let password: HexBytes
        let snapshot: HexBytes
        let manyEntries: Int
        let entries: [Entry]
    }

    private struct Entry: Decodable {
        let path: HexBytes
        let display: String
        let type: UInt8
        let permissions: UInt32
        let uid: Number64
        let gid: Number64
        let modified: TreeEntryVector.Time
        let size: UInt64?
        let sha256: HexBytes?
        let target: HexBytes?
        let attributes: [TreeEntryVector.Attribute]?
        let device: TreeEntryVector.Device?
        let hardLink: TreeEntryVector.HardLinkVector?
    }

    private let file: File
    private let test: TestRepository

    init() throws {
        file = try Vectors.load("example")
        test = try TestRepository.open(
            LocalBackend(BytePath("\(Vectors.specification)/example")), password: SecretBytes(file.password.bytes))
    }

    private func snapshot() throws -> Snapshot {
        let snapshots = try test.snapshots()
        #expect(snapshots.count == 1)
        let snapshot = try #require(snapshots.first)
        #expect(snapshot.id == (try file.snapshot.digest()))
        return snapshot
    }

    @Test func everythingIsListed() throws {
        let reader = TreeReader(try test.reader())
        let root = try snapshot().record.root
        for expected in file.entries {
            let path = BytePath(expected.path.bytes)
            #expect(path.display == expected.display)
            let entry = try #require(try reader.entry(at: path.components, below: root))
            #expect(entry.kind.rawValue == expected.type && entry.permissions == expected.permissions)
            #expect(UInt64(entry.userID) == expected.uid.value && UInt64(entry.groupID) == expected.gid.value)
            #expect(entry.modified == (try expected.modified.time()))
            #expect(entry.size == expected.size ?? 0)
            #expect(entry.linkTarget == expected.target?.bytes)
            #expect(entry.hardLink?.count == expected.hardLink?.links.value)
            let attributes = (expected.attributes ?? []).map {
                ExtendedAttribute(name: $0.name.bytes, value: $0.value.bytes)
            }
            #expect(entry.attributes == attributes)
            guard let digest = expected.sha256 else { continue }
            #expect(TestDigest.sha256(try test.read(path.display, entry, reader.segments)) == (try digest.digest()))
        }
        let many = try #require(try reader.entry(at: BytePath("/home/alice/many").components, below: root))
        #expect(many.subtree?.entries == UInt64(file.manyEntries))
        #expect(test.warnings.withLock { $0 } == [])
    }

    @Test func everythingIsRestored() throws {
        let target = try TemporaryFolder()
        let result = try test.restore(try snapshot(), to: target.path) { $0.verifies = true }
        #expect(result.failures == [])
        // The special files that only root can make are named in warnings otherwise.
        for expected in file.entries where geteuid() == 0 || ![4, 5].contains(expected.type) {
            try compare(target.path, expected)
        }
        let many = try OpenFile.open(target.path.appending("home/alice/many"), .readOnly, .directory)
        #expect(try DirectoryListing(of: many).count == file.manyEntries)
    }

    private func compare(_ target: BytePath, _ expected: Entry) throws {
        let path = target.appending(Array(expected.path.bytes.dropFirst()))
        let status = try FileMetadata.read(path)
        let kinds: [FileMetadata.Kind] = [
            .regular, .directory, .symbolicLink, .characterDevice, .blockDevice, .fifo, .socket, .regular,
        ]
        #expect(status.kind == kinds[Int(expected.type) - 1], "\(expected.display)")
        if status.kind != .symbolicLink { #expect(status.permissions == expected.permissions, "\(expected.display)") }
        #expect(status.modified == (try expected.modified.time()), "\(expected.display)")
        if let device = expected.device {
            #expect(UInt64(status.deviceNumber.major) == device.major.value)
            #expect(UInt64(status.deviceNumber.minor) == device.minor.value)
        }
        if let link = expected.hardLink { #expect(status.linkCount == link.links.value) }
        let folder = try OpenFile.open(path.parent, .readOnly, .directory)
        if let text = expected.target { #expect(try folder.readSymbolicLink(path.lastComponent) == text.bytes) }
        if let attributes = expected.attributes {
            let found = try ExtendedAttributes.read(at: folder, name: path.lastComponent)
            #expect(found.map(\.name) == attributes.map(\.name.bytes))
            #expect(found.map(\.value) == attributes.map(\.value.bytes))
        }
        if let digest = expected.sha256 {
            let bytes = try OpenFile.open(path).readAll(limit: 1 << 24)
            #expect(UInt64(bytes.count) == expected.size, "\(expected.display)")
            #expect(TestDigest.sha256(bytes) == (try digest.digest()), "\(expected.display)")
        }
    }

    @Test func theOtherPasswordOpensItToo() throws {
        #expect(try test.repository.listKeySlots().count == 2)
        let error = failure {
            try TestRepository.open(test.repository.backend, password: SecretBytes(Array("varve exampl".utf8)))
        }
        #expect(error?.kind == .wrongPassword)
    }
}

extension TestRepository {
    /// The bytes of an entry that was found already.
    fileprivate func read(_ path: String, _ entry: TreeEntry, _ reader: SegmentReader) throws -> [UInt8] {
        let output = Locked<[UInt8]>([])
        try DumpRun(reader, width: 1, cancellation: Cancellation(), warn: { _ in }).write(entry) {
            bytes throws(VarveError) in
            output.withLock { $0.append(contentsOf: bytes) }
        }
        return output.withLock { $0 }
    }
}
