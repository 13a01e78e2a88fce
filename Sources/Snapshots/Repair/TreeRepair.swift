import Packing
import Primitives
import Repositories
import Threads

/// Builds trees anew without what is lost: lost bytes become zeros and lost entries are left out, both with a mark that says so
/// (`format-spec/trees.md`). What can still be read from somewhere is stored again.
struct TreeRepair {
    private var contents: ContentRepair
    private let source: RepairSource
    private let cancellation: Cancellation
    /// The topmost nodes of folders in which nothing is lost.
    private var soundFolders: Set<ChunkID> = []
    /// What was found lost of the tree at hand.
    private(set) var losses: [SnapshotLoss] = []

    init(_ source: RepairSource, cancellation: Cancellation) {
        self.source = source
        self.cancellation = cancellation
        contents = ContentRepair(source, cancellation: cancellation)
    }

    /// Goes through a whole tree; gives the root of the new one, and how many entries it lacks itself.
    mutating func repair(_ root: TreeEntry.Subtree) throws(VarveError) -> (root: TreeEntry.Subtree, lost: UInt64) {
        losses = []
        return try repairFolder(root, at: [])
    }

    private mutating func repairFolder(
        _ folder: TreeEntry.Subtree, at path: [[UInt8]]
    ) throws(VarveError) -> (root: TreeEntry.Subtree, lost: UInt64) {
        if soundFolders.contains(folder.root) { return (folder, 0) }
        let before = losses.count
        var builder = TreeBuilder()
        let lost = try gather(folder.asChild, level: folder.level, at: path, into: &builder)
        let rebuilt = try builder.finish(source.storeTree)
        if losses.count > before { return (rebuilt, lost) }
        soundFolders.insert(folder.root)
        return (folder, 0)
    }

    /// Gives the entries below a node to `builder`, each repaired; gives how many are lost.
    private mutating func gather(
        _ child: TreeNode.Child, level: UInt8, at path: [[UInt8]], into builder: inout TreeBuilder
    ) throws(VarveError) -> UInt64 {
        try cancellation.check()
        let node: TreeNode
        do throws(VarveError) {
            try TreeReader.checkDepth(of: path)
            node = try TreeNode.read(child, level: level, source.readTree)
        } catch  where error.kind == .damaged {
            return lose(child.entries, at: path)
        }
        var lost: UInt64 = 0
        switch node {
        case .inner(_, let children):
            for child in children { lost += try gather(child, level: level - 1, at: path, into: &builder) }
        case .page(let entries):
            for entry in entries {
                if let last = builder.nameOfLastEntry, !last.lexicographicallyPrecedes(entry.name) {
                    lost += lose(1, at: path)
                    continue
                }
                try builder.append(try repaired(entry, at: path + [entry.name]), source.storeTree)
            }
        }
        return lost
    }

    private mutating func lose(_ count: UInt64, at path: [[UInt8]]) -> UInt64 {
        losses.append(SnapshotLoss(path: TreeReader.display(path), extent: .entries(count)))
        return count
    }

    private mutating func repaired(_ entry: TreeEntry, at path: [[UInt8]]) throws(VarveError) -> TreeEntry {
        var entry = entry
        if let subtree = entry.subtree {
            let (root, lost) = try repairFolder(subtree, at: path)
            entry.subtree = root
            entry.lostEntries += lost
        }
        if let content = entry.content, let (new, lost) = try contents.repair(content) {
            entry.content = new
            entry.lostRanges = TreeRepair.union(entry.lostRanges + lost)
            losses += lost.map { SnapshotLoss(path: TreeReader.display(path), extent: .bytes($0)) }
        }
        return entry
    }

    /// The ranges in ascending order; those that touch become one.
    static func union(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
        var joined: [Range<UInt64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound >= range.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
