import Primitives

/// A number for each chunk, so that what is to be remembered of chunks can stand in an array.
extension IndexState {
    /// Above all numbers.
    var ordinalCount: Int {
        growing.table.chunks.count + writing.table.chunks.count
            + (sessionRuns + runs).reduce(0) { $0 + $1.run.chunkCount }
    }

    /// The place of the chunk's first copy among the rows of all tables, one table after the other.
    func ordinal(of id: ChunkID) -> Int? {
        var start = 0
        if let row = growing.table.firstRow(of: id) { return row }
        start += growing.table.chunks.count
        if let row = writing.table.firstRow(of: id) { return start + row }
        start += writing.table.chunks.count
        for runs in [sessionRuns, runs] {
            for mounted in runs {
                if let row = mounted.firstRow(of: id) { return start + row }
                start += mounted.run.chunkCount
            }
        }
        return nil
    }
}

extension PendingTable {
    fileprivate func firstRow(of id: ChunkID) -> Int? {
        var first: Int?
        _ = anyNumberedRow(of: id) { row, _ in
            first = row
            return true
        }
        return first
    }
}

extension MountedRun {
    fileprivate func firstRow(of id: ChunkID) -> Int? {
        defer { withExtendedLifetime(run) {} }
        var rows = tables.rows(of: id)
        return rows.nextNumbered()?.row
    }
}
