import FileIO
import Primitives
import SeededData
import Testing

@testable import Snapshots

/// An entry of any kind with whatever fields that may have.
private func entry(_ name: [UInt8], _ random: inout SeededRandom) -> TreeEntry {
    let kinds = TreeEntry.Kind.allCases
    var entry = TreeEntry(kind: kinds[Int(random.next() % UInt64(kinds.count))], name: name)
    entry.permissions = UInt32(random.next() % 0o10000)
    entry.userID = UInt32(truncatingIfNeeded: random.next())
    entry.groupID = UInt32(random.next() % 1000)
    entry.userName = random.bytes(Int(random.next() % 12))
    entry.modified = FileTime(
        seconds: Int64(truncatingIfNeeded: random.next()) >> 20, nanoseconds: UInt32(random.next() % 1_000_000_000))
    entry.changed = FileTime(seconds: -1, nanoseconds: 999_999_999)
    entry.inode = random.next()
    let id = random.digest()
    switch entry.kind {
    case .file:
        entry.content = .chunk(id, size: 70)
        if random.next() & 1 == 0 { entry.sparse = .init(size: 500, extents: [3..<33, 100..<140]) }
        if random.next() & 1 == 0 { entry.hardLink = .init(device: random.next(), count: 2) }
    case .stream:
        entry.content = .list(id, height: 2, size: 1 << 33, chunks: 99_999)
        entry.command = Array("pg_dump app".utf8)
        entry.exitStatus = 0
    case .folder: entry.subtree = .init(root: id, level: 1, entries: 12)
    case .symbolicLink: entry.linkTarget = random.bytes(20)
    case .characterDevice, .blockDevice: entry.device = DeviceNumber(major: 8, minor: 1)
    case .fifo, .socket: break
    }
    if entry.kind != .stream, random.next() & 1 == 0 {
        entry.attributes = [ExtendedAttribute(name: Array("user.a".utf8), value: random.bytes(30))]
    }
    return entry
}

private func entries(_ count: Int, seed: UInt64 = 1) -> [TreeEntry] {
    var random = SeededRandom(seed: seed)
    var names: Set<[UInt8]> = []
    while names.count < count {
        let name = random.bytes(1 + Int(random.next() % 20))
        if TreeEntry.isValid(name: name) { names.insert(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map { entry($0, &random) }
}

private func build(_ entries: [TreeEntry], _ store: NodeStore) throws -> TreeEntry.Subtree {
    var builder = TreeBuilder()
    for entry in entries { try builder.append(entry) { store.store($0) } }
    return try builder.finish { store.store($0) }
}

struct TreeTests {
    @Test(arguments: [0, 1, 127, 128, 129, 1024, 5000])
    func whatIsBuiltIsRead(count: Int) throws {
        let store = NodeStore()
        let all = entries(count)
        let folder = try build(all, store)
        #expect(folder.entries == UInt64(count))
        var cursor = TreeCursor(folder)
        var read: [TreeEntry] = []
        while let entry = try cursor.next(store.read) { read.append(entry) }
        #expect(read == all)
    }

    @Test func aChangedEntryChangesOnePage() throws {
        let store = NodeStore()
        var all = entries(5000)
        _ = try build(all, store)
        let before = store.nodes.count
        all[2500].permissions ^= 1
        let folder = try build(all, store)
        #expect(store.nodes.count - before == Int(folder.level) + 1)
    }

    @Test func advancingFindsWhatIsThere() throws {
        let store = NodeStore()
        let all = entries(3000)
        let folder = try build(all, store)
        var random = SeededRandom(seed: 9)
        var cursor = TreeCursor(folder)
        let wanted = Set(entries(400, seed: 5).map(\.name) + all.filter { _ in random.next() % 7 == 0 }.map(\.name))
        for name in wanted.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            #expect(try cursor.advance(to: name, store.read) == all.first { $0.name == name })
        }
    }

    @Test func mutatedPagesAreRefusedOrRead() throws {
        let store = NodeStore()
        let folder = try build(entries(100), store)
        let page = try store.read(folder.root)
        var random = SeededRandom(seed: 4)
        for _ in 0..<3000 {
            var bytes = page
            for _ in 0..<(1 + random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() & 3 == 0 { bytes.removeLast(Int(random.next() % 200)) }
            _ = try? TreeNode(decoding: bytes, level: 0)
        }
    }

    @Test(arguments: ["", ".", "..", "a/b", "a\u{0}b", String(repeating: "x", count: 256)])
    func namesThatLeadElsewhereAreRefused(name: String) throws {
        var writer = ByteWriter()
        writer.append(TreeNode.header(level: 0, count: 1))
        TreeEntry(kind: .fifo, name: Array(name.utf8)).encode(to: &writer)
        #expect(throws: MalformedBytes.self) { try TreeNode(decoding: writer.bytes, level: 0) }
    }

    @Test func unsortedNamesAreRefused() throws {
        var writer = ByteWriter()
        writer.append(TreeNode.header(level: 0, count: 2))
        for name in ["b", "a"] { TreeEntry(kind: .fifo, name: Array(name.utf8)).encode(to: &writer) }
        #expect(throws: MalformedBytes.self) { try TreeNode(decoding: writer.bytes, level: 0) }
    }
}
