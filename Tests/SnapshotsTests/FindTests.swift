import FileIO
import Primitives
import SeededData
import Snapshots
import Sourcing
import TestSupport
import Testing
import Threads

struct FindTests {
    private func naive(_ tree: ModelTree, _ query: FindQuery) -> [String] {
        tree.flattened().filter { path, entry in
            query.patterns.selects(BytePath([0x2f] + path.joined(separator: [0x2f]))) && query.accepts(entry)
        }.map { TreeReader.display($0.path) }
    }

    private func find(_ run: inout FindRun, _ root: TreeEntry.Subtree) throws -> [String] {
        var found: [String] = []
        try run.run(root) { path, entry in
            #expect(path.last == entry.name)
            found.append(TreeReader.display(path))
        }
        return found
    }

    private static let patterns: [[String]] = [
        ["a*"], ["**"], ["/cfg*/**/x?*"], ["b1*", "!b11*", "x*/a*"], ["/a*/b*"], ["nothing-like-it"],
    ]

    /// Several versions of a tree, with much, little and no room to remember.
    @Test(arguments: 0..<18)
    func agreesWithTheNaiveWalk(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let store = CountedNodes()
        var query = FindQuery(
            try ExcludePatterns(FindTests.patterns[Int(seed % 6)].map { Array($0.utf8) }))
        if seed % 3 == 1 { query.kinds = [.file, .stream] }
        if seed % 4 == 1 { query.newer = Timestamp(seconds: 300, nanoseconds: 0) }
        if seed % 4 > 1 { query.older = Timestamp(seconds: 700, nanoseconds: 0) }
        var tree = ModelTree.random(width: [5, 60, 1500][Int(seed % 3)], depth: 3, &random)
        var run = FindRun(query, cancellation: Cancellation(), room: [0, 50, 1 << 20][Int(seed / 6)], store.read)
        for _ in 0..<5 {
            let root = try tree.build(store)
            #expect(try find(&run, root) == naive(tree, query))
            tree.change(&random, oneIn: 30)
        }
    }

    @Test func sharedNodesAreReadOnce() throws {
        var random = SeededRandom(seed: 5)
        let store = CountedNodes()
        var tree = ModelTree.random(width: 2000, depth: 3, &random)
        var run = FindRun(
            FindQuery(try ExcludePatterns([Array("cfg*".utf8)])), cancellation: Cancellation(), store.read)
        for _ in 0..<6 {
            _ = try find(&run, try tree.build(store))
            tree.change(&random, oneIn: 100)
        }
        #expect(store.reads.count > 50)
        // Below a folder that matches everything is found, so a subtree may be asked for in two ways.
        #expect(store.reads.values.allSatisfy { $0 <= 2 })
        #expect(store.reads.values.filter { $0 == 2 }.count * 20 < store.reads.count)
    }

    @Test func foldersThatCannotMatchAreNotEntered() throws {
        var random = SeededRandom(seed: 6)
        let store = CountedNodes()
        let root = try ModelTree.random(width: 100, depth: 3, &random).build(store)
        var run = FindRun(
            FindQuery(try ExcludePatterns([Array("/zzz/**".utf8)])), cancellation: Cancellation(), store.read)
        #expect(try find(&run, root) == [])
        #expect(store.reads.count == 1)
    }

    @Test func whatTheReceiverThrowsComesOut() throws {
        struct Enough: Error {}
        var random = SeededRandom(seed: 6)
        let store = CountedNodes()
        let root = try ModelTree.random(width: 100, depth: 1, &random).build(store)
        var run = FindRun(FindQuery(try ExcludePatterns([Array("**".utf8)])), cancellation: Cancellation(), store.read)
        #expect(throws: Enough.self) { try run.run(root) { _, _ in throw Enough() } }
        let cancellation = Cancellation()
        cancellation.cancel(VarveError(.cancelled, "interrupted"))
        var cancelled = FindRun(
            FindQuery(try ExcludePatterns([Array("**".utf8)])), cancellation: cancellation, store.read)
        #expect(failure { try cancelled.run(root) { _, _ in } }?.kind == .cancelled)
    }
}
