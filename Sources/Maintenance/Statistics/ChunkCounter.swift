import Indexing
import Primitives
import Snapshots

/// Counts what groups of snapshots reach, each chunk once, and what only one of them does.
struct ChunkCounter: ReachabilityVisitor {
    /// Whose snapshots are being gone through.
    var group = 0
    private(set) var content = Statistics.Content()
    /// For each group.
    private(set) var unique: [Statistics.Content]
    private(set) var missingChunks: UInt64 = 0
    private let index: ChunkIndex
    private var owners: OrdinalOwners

    init(_ index: ChunkIndex, groups: Int) {
        self.index = index
        owners = OrdinalOwners(count: index.ordinalCount)
        unique = Array(repeating: Statistics.Content(), count: groups)
    }

    mutating func visit(_ id: ChunkID, as chunkClass: ChunkClass) throws(VarveError) -> Bool {
        guard let ordinal = index.ordinal(of: id),
            let location = index.usableLocation(of: id) ?? index.allLocations(of: id).first
        else {
            if chunkClass == .data { missingChunks += 1 }
            // Whoever wants to read such a node says that it is missing.
            return true
        }
        let amount = Statistics.Amount(of: location)
        var parts = [chunkClass == .data ? \Statistics.Content.data : \.metadata]
        if chunkClass == .data, !location.bases.isEmpty { parts.append(\.deltas) }
        switch owners.claim(ordinal, for: group) {
        case .known: return false
        case .first:
            for part in parts {
                content[keyPath: part] += amount
                unique[group][keyPath: part] += amount
            }
        case .second(let other): for part in parts { unique[other][keyPath: part] -= amount }
        }
        return true
    }
}

extension Statistics.Amount {
    /// A chunk, with its share of the sealed bytes of its segment.
    fileprivate init(of location: ChunkLocation) {
        let rawLength = max(1, UInt64(location.rawLength))
        self.init(
            chunks: 1, bytes: UInt64(location.length),
            storedBytes: (UInt64(location.sealedLength) * UInt64(location.length) + rawLength / 2) / rawLength)
    }
}
