import FileIO
import Packing
import Primitives
import SeededData
import Snapshots
import TestSupport
import Testing

struct DiffTests {
    /// A change without the entries, to be compared.
    private struct Line: Hashable, CustomStringConvertible {
        let kind: TreeChange.Kind
        let path: String

        init(_ kind: TreeChange.Kind, _ path: [[UInt8]]) {
            self.kind = kind
            self.path = TreeReader.display(path)
        }

        var description: String { "\(kind.rawValue) \(path)" }
    }

    private func changes(
        _ before: TreeEntry.Subtree?, _ after: TreeEntry.Subtree?, _ store: CountedNodes
    ) throws -> [TreeChange] {
        var comparison = TreeComparison(before, after)
        var changes: [TreeChange] = []
        while let change = try comparison.next(store.read) { changes.append(change) }
        return changes
    }

    /// All paths of both trees, one by one.
    private func naive(_ before: ModelTree, _ after: ModelTree) -> [Line] {
        func byPath(_ tree: ModelTree) -> [[[UInt8]]: TreeEntry] {
            Dictionary(tree.flattened().map { ($0.path, $0.entry) }, uniquingKeysWith: { first, _ in first })
        }
        let (old, new) = (byPath(before), byPath(after))
        let paths = Set(old.keys).union(new.keys).sorted { a, b in
            a.lexicographicallyPrecedes(b) { $0.lexicographicallyPrecedes($1) }
        }
        return paths.compactMap { path in
            guard let first = old[path] else { return Line(.added, path) }
            guard let second = new[path] else { return Line(.removed, path) }
            return TreeChange.kind(first, second).map { Line($0, path) }
        }
    }

    @Test(arguments: 0..<40)
    func agreesWithTheNaiveComparison(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = CountedNodes()
        let before = ModelTree.random(width: [3, 40, 700, 2500][Int(seed % 4)], depth: 3, &random)
        var after = before
        after.change(&random, oneIn: [1, 4, 50, 400][Int(seed / 4 % 4)])
        let roots = (try before.build(store), try after.build(store))
        let found = try changes(roots.0, roots.1, store)
        #expect(found.map { Line($0.kind, $0.path) } == naive(before, after))
        #expect(try changes(roots.0, roots.0, store) == [])
        for change in found {
            #expect((change.before == nil) == (change.kind == .added))
            #expect((change.after == nil) == (change.kind == .removed))
        }
    }

    @Test func whatOnlyOneSideHasIsListedWhole() throws {
        var random = SeededRandom(seed: 3)
        let store = CountedNodes()
        let tree = ModelTree.random(width: 300, depth: 3, &random)
        let root = try tree.build(store)
        let paths = tree.flattened().map(\.path)
        let added = try changes(nil, root, store)
        #expect(added.map(\.path) == paths && added.allSatisfy { $0.kind == .added })
        let removed = try changes(root, nil, store)
        #expect(removed.map(\.path) == paths && removed.allSatisfy { $0.kind == .removed })
    }

    /// One changed entry of many: its page on both sides, the nodes above, and no other.
    @Test func equalNodesAreNotRead() throws {
        var random = SeededRandom(seed: 4)
        let store = CountedNodes()
        let before = ModelTree.random(width: 4000, depth: 2, &random)
        let file = try #require(before.flattened().first { $0.path.count == 1 && $0.entry.kind == .fifo })
        var after = before
        after.nodes[file.path[0]]?.entry.permissions ^= 1
        let roots = (try before.build(store), try after.build(store))
        #expect(store.count > 40)
        let found = try changes(roots.0, roots.1, store)
        #expect(found.map { Line($0.kind, $0.path) } == [Line(.metadata, file.path)])
        #expect(store.reads.count <= 2 * (Int(roots.0.level) + 1), "\(store.reads.count) nodes read")
        #expect(store.reads.values.allSatisfy { $0 == 1 })

        // Where an entry goes or comes, pages meet again behind it.
        after.nodes[file.path[0]] = nil
        store.forgetReads()
        let shorter = try after.build(store)
        #expect(try changes(roots.0, shorter, store).count == 1)
        #expect(store.reads.count <= 2 * (Int(roots.0.level) + 3), "\(store.reads.count) nodes read")
    }

    @Test func kindsOfChanges() {
        var file = TreeEntry(kind: .file, name: [65])
        file.content = .chunk(Digest(1, 2, 3, 4), size: 5)
        func kind(_ change: (inout TreeEntry) -> Void) -> TreeChange.Kind? {
            var other = file
            change(&other)
            return TreeChange.kind(file, other)
        }
        #expect(kind { _ in } == nil)
        #expect(kind { $0.kind = .stream } == .type)
        #expect(kind { $0.content = .empty } == .content)
        #expect(kind { $0.sparse = .init(size: 9, extents: [0..<5]) } == .content)
        #expect(kind { $0.linkTarget = [66] } == .content)
        #expect(kind { $0.device = DeviceNumber(major: 1, minor: 2) } == .content)
        #expect(kind { $0.permissions = 0o600 } == .metadata)
        #expect(kind { $0.userName = [66] } == .metadata)
        #expect(kind { $0.modified = FileTime(seconds: 1, nanoseconds: 0) } == .metadata)
        #expect(kind { $0.attributes = [ExtendedAttribute(name: [66], value: [])] } == .metadata)
        // Those a restore cannot bring back.
        #expect(kind { $0.changed = FileTime(seconds: 1, nanoseconds: 0) } == nil)
        #expect(kind { $0.inode = 7 } == nil)
    }

    @Test func figuresAddUp() {
        var summary = ChangeSummary()
        func entry(_ kind: TreeEntry.Kind, _ size: UInt64 = 0) -> TreeEntry {
            var entry = TreeEntry(kind: kind, name: [65])
            if size > 0 { entry.content = .chunk(Digest(size, 0, 0, 0), size: size) }
            return entry
        }
        let changes = [
            TreeChange(.added, at: [], before: nil, after: entry(.file, 10)),
            TreeChange(.added, at: [], before: nil, after: entry(.stream, 20)),
            TreeChange(.added, at: [], before: nil, after: entry(.folder)),
            TreeChange(.removed, at: [], before: entry(.fifo), after: nil),
            TreeChange(.content, at: [], before: entry(.file, 100), after: entry(.file, 300)),
            TreeChange(.type, at: [], before: entry(.file, 1000), after: entry(.symbolicLink)),
            TreeChange(.metadata, at: [], before: entry(.file, 7), after: entry(.file, 7)),
        ]
        for change in changes { summary.add(change) }
        #expect((summary.added.files, summary.added.folders, summary.added.others) == (2, 1, 0))
        #expect((summary.removed.files, summary.removed.folders, summary.removed.others) == (0, 0, 1))
        #expect(summary.added.bytes == 330 && summary.removed.bytes == 1100)
        #expect((summary.changedContents, summary.changedTypes, summary.changedMetadata) == (1, 1, 1))
    }
}
