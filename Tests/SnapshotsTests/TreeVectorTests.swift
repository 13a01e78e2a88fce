import FileIO
import FormatVectors
import Hashing
import Primitives
import TestSupport
import Testing

@testable import Snapshots

/// `format-spec/vectors/trees.json`.
struct TreeVectorTests {
    private struct File: Decodable {
        let entries: [TreeEntryVector]
        let invalidEntries: [InvalidBytes]
        let nodes: [Node]
        let invalidNodes: [InvalidNode]
        let boundaryEntry: HexBytes
        let boundaries: [Boundary]
    }

    private struct Node: Decodable {
        struct Child: Decodable {
            let id: HexBytes
            let entries: Number64
            let first: HexBytes
        }

        let level: UInt8
        let entriesBelow: Number64
        let plain: HexBytes
        let names: [HexBytes]?
        let children: [Child]?
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K_id: HexBytes
        let id: HexBytes
        let unkeyedId: HexBytes
    }

    private struct InvalidNode: Decodable {
        let description: String
        let plain: HexBytes
        let level: UInt8
        let entriesBelow: Number64
        let first: HexBytes?
    }

    private struct Boundary: Decodable {
        let description: String
        let rule: String
        let count: Int
        let candidates: Int?
        let fill: [Int]?
        // swift-format-ignore: AlwaysUseLowerCamelCase
        let K_id: HexBytes?
        let root: HexBytes
        let rootLevel: UInt8
        let levels: [LevelVector]
    }

    private let file: File

    init() throws { file = try Vectors.load("trees") }

    private func decode(_ bytes: [UInt8]) throws -> TreeEntry {
        try readAll(bytes) { try TreeEntry(from: &$0) }
    }

    @Test func entriesAreUnderstood() throws {
        #expect(Set(file.entries.map(\.type)).count == TreeEntry.Kind.allCases.count)
        for vector in file.entries {
            let entry = try decode(vector.bytes.bytes)
            #expect(entry == (try vector.entry()), "\(vector.description)")
            var writer = ByteWriter()
            entry.encode(to: &writer)
            // Fields that are ignored are not kept.
            if vector.hasKnownFieldsOnly { #expect(writer.bytes == vector.bytes.bytes, "\(vector.description)") }
        }
    }

    @Test func wrongEntriesAreRefused() throws {
        for vector in file.invalidEntries {
            #expect(throws: MalformedBytes.self, "\(vector.description)") { try decode(vector.bytes.bytes) }
        }
    }

    @Test func nodes() throws {
        for vector in file.nodes {
            let bytes = vector.plain.bytes
            let node = try TreeNode(decoding: bytes, level: vector.level)
            #expect(node.entryCount == vector.entriesBelow.value)
            switch node {
            case .page(let entries): #expect(entries.map(\.name) == vector.names?.map(\.bytes))
            case .inner(_, let children):
                #expect(children.map(\.id) == (try vector.children?.map { try $0.id.digest() }))
                #expect(children.map(\.entries) == vector.children?.map(\.entries.value))
                #expect(children.map(\.firstName) == vector.children?.map(\.first.bytes))
            }
            try expectIDs(of: bytes, as: .tree, key: vector.K_id, keyed: vector.id, unkeyed: vector.unkeyedId)
        }
    }

    /// Read as from the node above, with what that says.
    @Test func wrongNodesAreRefused() throws {
        for vector in file.invalidNodes {
            let child = TreeNode.Child(
                id: Digest(1, 2, 3, 4), entries: vector.entriesBelow.value, firstName: vector.first?.bytes ?? [])
            let error = failure { try TreeNode.read(child, level: vector.level) { _ in vector.plain.bytes } }
            if vector.description == "an empty page below a node" {
                // What the node above says is refused there already.
                var writer = ByteWriter()
                writer.append(TreeNode.header(level: 1, count: 1))
                writer.append(child.id)
                writer.appendVarint(0)
                writer.appendCounted([0x61])
                #expect(throws: MalformedBytes.self) { try TreeNode(decoding: writer.bytes, level: 1) }
                continue
            }
            #expect(error?.kind == .damaged, "\(vector.description)")
            #expect(error?.problem.contains("tree node 01000000") == true, "\(vector.description)")
        }
    }

    /// The names of a folder by the rule of the vector.
    private func names(of vector: Boundary) -> [[UInt8]] {
        let all = (0..<(vector.candidates ?? vector.count)).map { number in
            let digits = String(number)
            return Array(("file-" + String(repeating: "0", count: 6 - digits.count) + digits).utf8)
        }
        return vector.rule == "noBoundary" ? all.filter { CRC32C.checksum($0) & 0xFF != 0 } : all
    }

    @Test func boundaries() throws {
        let model = try decode(file.boundaryEntry.bytes)
        for vector in file.boundaries where vector.rule != "fill" {
            var levels = LevelRecorder(hasher: ChunkHasher(key: vector.K_id?.bytes), chunkClass: .tree)
            let store: ListBuilder.StoreNode = { levels.store($0) }
            var builder = TreeBuilder()
            let names = names(of: vector)
            #expect(names.count == vector.count)
            var entry = model
            for name in names {
                entry.name = name
                try builder.append(entry, store)
            }
            let folder = try builder.finish(store)
            let expected = TreeEntry.Subtree(
                root: try vector.root.digest(), level: vector.rootLevel, entries: UInt64(vector.count))
            #expect(folder == expected, "\(vector.description)")
            try levels.expect(vector.levels, vector.description)
        }
    }

    /// The vectors fill entries with a field of no known meaning; an attribute of the same length makes the same pages but for
    /// their bytes.
    @Test func pagesEndByTheirLength() throws {
        let model = try decode(file.boundaryEntry.bytes)
        let vectors = file.boundaries.filter { $0.rule == "fill" }
        #expect(vectors.count >= 3)
        for vector in vectors {
            var lengths: [Int] = []
            var counts: [UInt32] = []
            let store: ListBuilder.StoreNode = { node in
                if node[0] == 0 {
                    lengths.append(node.count)
                    counts.append(node.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) })
                }
                return TestDigest.sha256(node)
            }
            var builder = TreeBuilder()
            var entry = model
            for (name, fill) in zip(names(of: vector), try #require(vector.fill)) {
                entry.name = name
                entry.attributes = [attribute(fieldLength: fill)]
                try builder.append(entry, store)
            }
            _ = try builder.finish(store)
            #expect(lengths == vector.levels[0].lengths, "\(vector.description)")
            #expect(counts == vector.levels[0].entries, "\(vector.description)")
        }
    }

    /// An attribute that takes so many bytes as the only one of an entry.
    private func attribute(fieldLength: Int) -> ExtendedAttribute {
        // The number of attributes and the lengths of name and value: 1 byte, 1 byte, and 2 bytes for 128 to 16,383.
        ExtendedAttribute(name: Array("user.f".utf8), value: [UInt8](repeating: 0, count: fieldLength - 10))
    }
}

/// An entry, as a vector says it.
struct TreeEntryVector: Decodable {
    struct Time: Decodable {
        let seconds: String
        let nanoseconds: UInt32

        func time() throws -> FileTime {
            FileTime(seconds: try #require(Int64(seconds)), nanoseconds: nanoseconds)
        }
    }

    struct Field: Decodable { let tag: Number64 }

    struct SubtreeVector: Decodable {
        let id: HexBytes
        let level: UInt8
        let entries: Number64
    }

    struct HardLinkVector: Decodable {
        let device: Number64
        let links: Number64
    }

    struct Attribute: Decodable {
        let name: HexBytes
        let value: HexBytes
    }

    struct Device: Decodable {
        let major: Number64
        let minor: Number64
    }

    struct Extent: Decodable {
        let offset: Number64
        let length: Number64

        var range: Range<UInt64> { offset.value..<offset.value + length.value }
    }

    struct Sparse: Decodable {
        let size: Number64
        let extents: [Extent]
    }

    let description: String
    let type: UInt8
    let name: HexBytes
    let permissions: UInt32
    let uid: Number64
    let user: HexBytes
    let gid: Number64
    let group: HexBytes
    let modified: Time
    let changed: Time
    let inode: Number64
    let fields: [Field]
    let content: ContentVector?
    let subtree: SubtreeVector?
    let hardLink: HardLinkVector?
    let target: HexBytes?
    let attributes: [Attribute]?
    let device: Device?
    let command: HexBytes?
    let sparse: Sparse?
    let exitStatus: Number64?
    let lostRanges: [Extent]?
    let lostEntries: Number64?
    let bytes: HexBytes

    var hasKnownFieldsOnly: Bool { fields.allSatisfy { [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13].contains($0.tag.value) } }

    func entry() throws -> TreeEntry {
        var entry = TreeEntry(kind: try #require(TreeEntry.Kind(rawValue: type)), name: name.bytes)
        entry.permissions = permissions
        entry.userID = UInt32(uid.value)
        entry.userName = user.bytes
        entry.groupID = UInt32(gid.value)
        entry.groupName = group.bytes
        entry.modified = try modified.time()
        entry.changed = try changed.time()
        entry.inode = inode.value
        entry.content = try content?.reference()
        if let subtree {
            entry.subtree = TreeEntry.Subtree(
                root: try subtree.id.digest(), level: subtree.level, entries: subtree.entries.value)
        }
        if let hardLink {
            entry.hardLink = TreeEntry.HardLink(device: hardLink.device.value, count: hardLink.links.value)
        }
        entry.linkTarget = target?.bytes
        entry.attributes = (attributes ?? []).map { ExtendedAttribute(name: $0.name.bytes, value: $0.value.bytes) }
        if let device {
            entry.device = DeviceNumber(major: UInt32(device.major.value), minor: UInt32(device.minor.value))
        }
        entry.command = command?.bytes
        if let sparse {
            entry.sparse = TreeEntry.SparseExtents(size: sparse.size.value, extents: sparse.extents.map(\.range))
        }
        entry.exitStatus = exitStatus?.value
        entry.lostRanges = (lostRanges ?? []).map(\.range)
        entry.lostEntries = lostEntries?.value ?? 0
        return entry
    }
}
