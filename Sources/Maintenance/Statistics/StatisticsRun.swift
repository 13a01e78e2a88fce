import Backends
import Indexing
import Primitives
import Repositories
import Snapshots
import Threads

/// Computes ``Statistics``.
///
/// With chunks it takes two bytes for each chunk of the index, and about 60 for each tree node. A node is read once, and once
/// more where a second group reaches it.
package struct StatisticsRun {
    private let repository: Repository
    private let index: LoadedIndex
    private let reader: TreeReader
    private let cancellation: Cancellation

    package init(_ repository: Repository, _ index: LoadedIndex, cancellation: Cancellation) {
        self.repository = repository
        self.index = index
        self.cancellation = cancellation
        reader = TreeReader(SegmentReader(repository: repository, index: index.chunks))
    }

    /// Does it.
    ///
    /// - Parameters:
    ///   - groups: the snapshots that are counted together.
    ///   - countsChunks: whether lists are gone through; without, only the sizes of files are summed up.
    /// - Throws: kind `damaged` where a node cannot be read; kind `usage` for more than 65,534 groups.
    package func run(_ groups: [[Snapshot]], countsChunks: Bool) throws(VarveError) -> Statistics {
        var statistics = countsChunks ? try countingChunks(groups) : try countingFiles(groups)
        statistics.packs = index.listing.count
        statistics.packBytes = index.listing.values.reduce(0, +)
        statistics.repositoryBytes = try repositoryBytes() + statistics.packBytes
        return statistics
    }

    private func countingFiles(_ groups: [[Snapshot]]) throws(VarveError) -> Statistics {
        var statistics = Statistics()
        var walk = walk(FilesOnly())
        for group in groups { statistics.groups.append(try sum(group, &walk)) }
        return statistics
    }

    private func countingChunks(_ groups: [[Snapshot]]) throws(VarveError) -> Statistics {
        guard groups.count <= OrdinalOwners.groupLimit else {
            throw VarveError(
                .usage, "\(groups.count) groups are too many to be told apart",
                advice: "choose snapshots by --host, --tag or --path")
        }
        var statistics = Statistics()
        var walk = walk(ChunkCounter(index.chunks, groups: groups.count))
        for (number, group) in groups.enumerated() {
            walk.visitor.group = number
            statistics.groups.append(try sum(group, &walk))
        }
        for number in groups.indices { statistics.groups[number].unique = walk.visitor.unique[number] }
        statistics.content = walk.visitor.content
        statistics.missingChunks = walk.visitor.missingChunks
        return statistics
    }

    private func walk<Visitor: ReachabilityVisitor>(_ visitor: Visitor) -> ReachabilityWalk<Visitor> {
        ReachabilityWalk(
            visitor, cancellation: cancellation, readTree: reader.readTree, readList: reader.readList)
    }

    private func sum<Visitor: ReachabilityVisitor>(
        _ snapshots: [Snapshot], _ walk: inout ReachabilityWalk<Visitor>
    ) throws(VarveError) -> Statistics.Group {
        var group = Statistics.Group()
        for snapshot in snapshots {
            group.snapshots += 1
            group.size += try walk.walk(snapshot.record.root)
        }
        return group
    }

    /// Bytes of all objects but packs.
    private func repositoryBytes() throws(VarveError) -> UInt64 {
        var bytes = UInt64(try repository.backend.readConfiguration()?.count ?? 0)
        for folder in StorageFolder.allCases where folder != .data {
            for object in try repository.backend.list(folder) { bytes += object.size }
        }
        return bytes
    }
}

/// Goes through no list, and through each tree node once.
private struct FilesOnly: ReachabilityVisitor {
    func visit(_ id: ChunkID, as chunkClass: ChunkClass) -> Bool { false }
}
