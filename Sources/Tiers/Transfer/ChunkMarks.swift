import Indexing
import Primitives

/// A set of chunks, of which most stand in one of some indexes: one bit for each chunk there.
///
/// It is good as long as the first index that names a chunk does not change.
struct ChunkMarks: Sendable {
    private let indexes: [ChunkIndex]
    private var bits: [BitArray]
    /// Chunks that no index names.
    private var others: Set<ChunkID> = []

    init(_ indexes: ChunkIndex...) {
        self.indexes = indexes
        bits = indexes.map { BitArray(count: $0.ordinalCount) }
    }

    private func place(of id: ChunkID) -> (index: Int, ordinal: Int)? {
        for (number, index) in indexes.enumerated() {
            if let ordinal = index.ordinal(of: id) { return (number, ordinal) }
        }
        return nil
    }

    func contains(_ id: ChunkID) -> Bool {
        guard let (index, ordinal) = place(of: id) else { return others.contains(id) }
        return bits[index][ordinal]
    }

    /// Gives whether it was not there before.
    mutating func insert(_ id: ChunkID) -> Bool {
        guard let (index, ordinal) = place(of: id) else { return others.insert(id).inserted }
        defer { bits[index][ordinal] = true }
        return !bits[index][ordinal]
    }

    mutating func remove(_ id: ChunkID) {
        guard let (index, ordinal) = place(of: id) else {
            others.remove(id)
            return
        }
        bits[index][ordinal] = false
    }
}
