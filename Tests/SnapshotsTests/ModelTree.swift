import FileIO
import Packing
import Primitives
import SeededData
import Snapshots
import TestSupport

/// A tree as a plain value, to change, to build, and to compare with.
struct ModelTree {
    struct Node {
        /// Without its subtree.
        var entry: TreeEntry
        var below: ModelTree?
    }

    var nodes: [[UInt8]: Node] = [:]

    /// Every entry with its path, a folder before what is in it.
    func flattened(at path: [[UInt8]] = []) -> [(path: [[UInt8]], entry: TreeEntry)] {
        sorted.flatMap { name, node in
            [(path + [name], node.entry)] + (node.below?.flattened(at: path + [name]) ?? [])
        }
    }

    private var sorted: [(name: [UInt8], node: Node)] {
        nodes.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (name: $0.key, node: $0.value) }
    }

    func build(_ store: CountedNodes) throws -> TreeEntry.Subtree {
        var builder = TreeBuilder()
        for (_, node) in sorted {
            var entry = node.entry
            entry.subtree = try node.below?.build(store)
            try builder.append(entry) { store.store($0) }
        }
        return try builder.finish { store.store($0) }
    }

    // MARK: Making

    /// - Parameters:
    ///   - width: entries of the root; folders below have fewer.
    ///   - depth: folders below each other.
    static func random(width: Int, depth: Int, _ random: inout SeededRandom) -> ModelTree {
        var tree = ModelTree()
        for _ in 0..<width { tree.add(depth: depth, width: max(1, min(6, width / 8)), &random) }
        return tree
    }

    private mutating func add(depth: Int, width: Int, _ random: inout SeededRandom) {
        let name = Array("\(["a", "b", "cfg", "x"][Int(random.next() % 4)])\(random.next() % 5000)".utf8)
        nodes[name] = ModelTree.node(name, depth: depth, width: width, &random)
    }

    private static func node(_ name: [UInt8], depth: Int, width: Int, _ random: inout SeededRandom) -> Node {
        let kinds: [TreeEntry.Kind] = [.file, .file, .file, .stream, .symbolicLink, .fifo, .folder, .folder]
        var entry = TreeEntry(kind: kinds[Int(random.next() % (depth > 0 ? 8 : 6))], name: name)
        entry.permissions = 0o600 + UInt32(random.next() % 2)
        entry.modified = FileTime(seconds: Int64(random.next() % 1000), nanoseconds: 0)
        entry.inode = random.next() % 3
        switch entry.kind {
        case .file, .stream:
            let id = Digest(random.next(), random.next(), random.next(), random.next())
            entry.content = random.next() % 4 == 0 ? .empty : .chunk(id, size: 1 + random.next() % 100)
        case .symbolicLink: entry.linkTarget = [UInt8(random.next() % 3) + 65]
        default: break
        }
        let isFolder = entry.kind == .folder
        return Node(
            entry: entry,
            below: isFolder ? ModelTree.random(width: Int(random.next() % 4) * width, depth: depth - 1, &random) : nil)
    }

    /// Changes, adds and removes some entries anywhere.
    mutating func change(_ random: inout SeededRandom, oneIn rarity: UInt64) {
        for (name, _) in sorted {
            switch random.next() % (rarity * 5) {
            case 0: nodes[name] = nil
            case 1: nodes[name]?.entry.permissions ^= 0o40
            case 2: nodes[name]?.entry.inode += 1
            case 3: nodes[name] = ModelTree.node(name, depth: 1, width: 2, &random)
            case 4: add(depth: 1, width: 3, &random)
            default: nodes[name]?.below?.change(&random, oneIn: rarity)
            }
        }
    }
}

/// Nodes of trees and lists in memory, which counts how often each is read.
final class CountedNodes {
    private var nodes: [ChunkID: [UInt8]] = [:]
    private(set) var reads: [ChunkID: Int] = [:]

    var count: Int { nodes.count }

    func store(_ bytes: [UInt8]) -> ChunkID {
        let id = TestDigest.sha256(bytes)
        nodes[id] = bytes
        return id
    }

    func read(_ id: ChunkID) throws(VarveError) -> [UInt8] {
        guard let bytes = nodes[id] else { throw .damaged("node", "missing") }
        reads[id, default: 0] += 1
        return bytes
    }

    func forgetReads() { reads = [:] }

    /// The content that consists of these chunks.
    func list(_ chunks: [ChunkEntry]) throws -> ContentReference {
        var builder = ListBuilder()
        for chunk in chunks { try builder.append(chunk) { store($0) } }
        return try builder.finish { store($0) }
    }
}
